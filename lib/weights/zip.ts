/**
 * Zip archives (PKWARE's APPNOTE.TXT 6.3.10) as torch writes them: entries are stored, not compressed, and sizes above
 * 4 GB are in the extension Zip64.
 */
import { crc32 } from 'node:zlib';

import { ConvoltError } from '../core/errors.js';
import type { ByteSource } from './byte_source.js';

interface ZipEntry {
  crc: number;
  size: number;
  /** Where its local header is. */
  at: number;
}

/** A directory of entries, by name. */
export interface Zip {
  entries: ReadonlyMap<string, ZipEntry>;
  /** The bytes of an entry. @throws ERR_DATA if they are damaged. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

const signatures = { local: 0x04034b50, directory: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50 };
const endBytes = 22, mostCommentBytes = 65535, end64Bytes = 56, locator64Bytes = 20, localBytes = 30, directoryBytes = 46;
const mostDirectoryBytes = 64e6; // some hundred thousand tensors
const in64 = 0xffffffff; // says that a number is in the extension

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads the directory of an archive. @throws ERR_DATA if it is damaged, or has entries that are compressed. */
export async function openZip(source: ByteSource): Promise<Zip> {
  const { name: file } = source;
  const wrong = (what: string) => new ConvoltError('ERR_DATA', `${file}: expected a zip archive as torch.save writes it, but ${what}`);
  const { at, bytes } = await findDirectory(source, wrong);
  if (bytes > mostDirectoryBytes) throw wrong(`its directory has ${bytes} bytes`);
  const entries = parseDirectory(await source.read(at, bytes), wrong);
  return {
    entries,
    read: async (name) => {
      const entry = entries.get(name);
      if (!entry) throw wrong(`it has no entry ${name}`);
      const header = view(await source.read(entry.at, localBytes));
      if (header.getUint32(0, true) !== signatures.local) throw wrong(`${name} is not where the directory says`);
      const begin = entry.at + localBytes + header.getUint16(26, true) + header.getUint16(28, true);
      const content = await source.read(begin, entry.size);
      if (crc32(content) !== entry.crc) throw wrong(`${name} is damaged: its checksum differs`);
      return content;
    },
  };
}

/** Where the directory is, from the record at the archive's end. */
async function findDirectory(source: ByteSource, wrong: (what: string) => ConvoltError): Promise<{ at: number; bytes: number }> {
  const tailAt = Math.max(0, source.size - endBytes - mostCommentBytes);
  const tail = view(await source.read(tailAt, source.size - tailAt));
  let end = tail.byteLength - endBytes;
  while (end >= 0 && tail.getUint32(end, true) !== signatures.end) end--;
  if (end < 0) throw wrong('its end is missing');
  const found = { bytes: tail.getUint32(end + 12, true), at: tail.getUint32(end + 16, true) };
  if (found.at !== in64 && found.bytes !== in64) return found;

  const locatorAt = tailAt + end - locator64Bytes;
  const locator = view(await source.read(locatorAt, locator64Bytes));
  if (locator.getUint32(0, true) !== signatures.locator64) throw wrong('its Zip64 locator is missing');
  const end64 = view(await source.read(Number(locator.getBigUint64(8, true)), end64Bytes));
  if (end64.getUint32(0, true) !== signatures.end64) throw wrong('its Zip64 end is missing');
  return { bytes: Number(end64.getBigUint64(40, true)), at: Number(end64.getBigUint64(48, true)) };
}

function parseDirectory(bytes: Uint8Array, wrong: (what: string) => ConvoltError): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>(), fields = view(bytes);
  for (let at = 0; at < bytes.length; ) {
    if (at + directoryBytes > bytes.length || fields.getUint32(at, true) !== signatures.directory) throw wrong('its directory is damaged');
    const nameAt = at + directoryBytes, extraAt = nameAt + fields.getUint16(at + 28, true);
    const extraBytes = fields.getUint16(at + 30, true), next = extraAt + extraBytes + fields.getUint16(at + 32, true);
    if (next > bytes.length) throw wrong('its directory is damaged');
    const name = Buffer.from(bytes.subarray(nameAt, extraAt)).toString('utf8');
    if (fields.getUint16(at + 10, true) !== 0) throw wrong(`${name} is compressed`);
    const extra = wideFields(view(bytes.subarray(extraAt, extraAt + extraBytes)));
    const wide = (value: number) => (value === in64 ? (extra.next().value ?? NaN) : value);
    const size = wide(fields.getUint32(at + 24, true));
    wide(fields.getUint32(at + 20, true)); // the same, compressed
    entries.set(name, { crc: fields.getUint32(at + 16, true), size, at: wide(fields.getUint32(at + 42, true)) });
    at = next;
  }
  return entries;
}

/** The numbers of a Zip64 field, in their order. */
function* wideFields(extra: DataView): Generator<number, undefined> {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const id = extra.getUint16(at, true), end = Math.min(at + 4 + extra.getUint16(at + 2, true), extra.byteLength);
    if (id === 1) for (let number = at + 4; number + 8 <= end; number += 8) yield Number(extra.getBigUint64(number, true));
    at = end;
  }
}
