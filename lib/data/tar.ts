/**
 * Tar archives (POSIX.1-1988 "ustar", with GNU's and pax's long names): where the files in one are, so that each can be
 * read alone.
 */
import { open, type FileHandle } from 'node:fs/promises';

import { ConvoltError } from '../core/errors.js';

const BLOCK = 512;

export interface TarEntry {
  name: string;
  /** Where its bytes begin in the archive. */
  offset: number;
  size: number;
}

/** Opens a file for as long as `use` runs. @throws ERR_FILE if it cannot be opened. @internal */
export async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path).catch((error: Error) => {
    throw new ConvoltError('ERR_FILE', `${path}: expected a file that can be read, but got ${error.message}`, { cause: error });
  });
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** `size` bytes of a file from `offset` on. @throws ERR_DATA if it ends before. @internal */
export async function readExactly(file: FileHandle, path: string, offset: number, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, offset + filled);
    if (bytesRead === 0) throw new ConvoltError('ERR_DATA', `${path}: expected ${size} bytes from ${offset} on, but the file ends after ${offset + filled}`);
    filled += bytesRead;
  }
  return bytes;
}

function text(bytes: Uint8Array, from: number, length: number): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + from, length), end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

/** A number of a header: octal digits, or base 256 where the first bit is set. */
function number(header: Uint8Array, from: number, length: number): number {
  if ((header[from] ?? 0) & 0x80) return header.subarray(from + 1, from + length).reduce((value, byte) => value * 256 + byte, 0);
  return parseInt(text(header, from, length).trim() || '0', 8);
}

/** Whether a header's sum is right: that of its bytes, with spaces in the sum's place. */
function hasRightSum(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  return number(header, 148, 8) === sum;
}

/** `path` and `size` of a pax header: records of `LENGTH KEY=VALUE\n`. */
function paxFields(bytes: Uint8Array): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = parseInt(text(bytes, at, Math.min(20, bytes.length - at)), 10);
    if (!(length > 0)) break;
    const record = Buffer.from(bytes.subarray(at, at + length)).toString('utf8').replace(/^\d+ /, '').replace(/\n$/, '');
    const equals = record.indexOf('=');
    fields.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return fields;
}

/**
 * The regular files in an archive.
 *
 * @param onError takes what is wrong with the archive from some place on; if it returns, what came before is kept.
 * @throws ERR_FILE if it cannot be read. `onError` gets ERR_DATA if it is no archive, or ends in the middle of a file.
 */
export async function readTarIndex(path: string, onError: (error: ConvoltError) => void): Promise<TarEntry[]> {
  return withFile(path, async (file) => {
    const { size: fileSize } = await file.stat();
    const entries: TarEntry[] = [];
    let longName: string | undefined, longSize: number | undefined; // of the entry that follows
    for (let at = 0; at < fileSize; ) {
      if (at + BLOCK > fileSize) {
        onError(new ConvoltError('ERR_DATA', `${path}: expected a header of ${BLOCK} bytes at ${at}, but the archive ends after ${fileSize}`));
        break;
      }
      const header = await readExactly(file, path, at, BLOCK);
      if (header.every((byte) => byte === 0)) break; // the end
      if (!hasRightSum(header)) {
        onError(new ConvoltError('ERR_DATA', `${path}: expected a tar archive, but there is no header at ${at}`));
        break;
      }
      const size = longSize ?? number(header, 124, 12), offset = at + BLOCK, type = String.fromCharCode(header[156] ?? 0);
      const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
      const name = longName ?? (prefix ? `${prefix}/` : '') + text(header, 0, 100);
      if (offset + size > fileSize) {
        onError(new ConvoltError('ERR_DATA', `${path}: expected ${size} bytes of ${name}, but the archive ends after ${fileSize - offset} of them`));
        break;
      }
      [longName, longSize] = [undefined, undefined];
      if (type === 'L') {
        longName = text(await readExactly(file, path, offset, size), 0, size);
      } else if (type === 'x') {
        const fields = paxFields(await readExactly(file, path, offset, size));
        longName = fields.get('path');
        const bytes = fields.get('size');
        longSize = bytes === undefined ? undefined : Number(bytes);
      } else if (type === '0' || type === '\0') {
        entries.push({ name, offset, size });
      }
      at = offset + Math.ceil(size / BLOCK) * BLOCK;
    }
    return entries;
  });
}
