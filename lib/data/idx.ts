/** IDX files, the format of MNIST (Y. LeCun, http://yann.lecun.com/exdb/mnist): big-endian sizes, then bytes. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';

import { ConvoltError } from '../core/errors.js';
import { numel, shapeText, type Shape } from '../core/shape.js';

const unsignedByte = 0x08;

/** Bytes with a shape. */
export interface IdxArray {
  shape: Shape;
  data: Uint8Array;
}

/** The path of a file in a folder, packed (`.gz`) or not; undefined if there is neither. @internal */
export async function findIdxFile(folder: string, name: string): Promise<string | undefined> {
  for (const path of [join(folder, name), join(folder, `${name}.gz`)]) {
    if (await access(path).then(() => true, () => false)) return path;
  }
  return undefined;
}

/** Reads a file; one whose first bytes are gzip's is unpacked. @throws ERR_FILE if it cannot be read, ERR_DATA if it is not whole. */
export async function readUnpacked(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is none' : error.message;
    throw new ConvoltError('ERR_FILE', `${file}: expected a file that can be read, but ${reason}`, { cause: error });
  });
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return promisify(gunzip)(bytes).catch((error: Error) => {
    throw new ConvoltError('ERR_DATA', `${file}: expected a whole gzip file, but unpacking it failed (${error.message})`, { cause: error });
  });
}

/**
 * Decodes an IDX array of unsigned bytes.
 *
 * @param file for messages.
 * @throws ERR_DATA for another kind of file, or one that is shorter or longer than its header says.
 */
export function decodeIdx(bytes: Uint8Array, file: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[3] ?? 0;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== unsignedByte || rank === 0) {
    const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    throw new ConvoltError('ERR_DATA', `${file}: expected an IDX file of bytes (magic 000008 and the rank), but it begins with ${magic || 'nothing'}`);
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) throw new ConvoltError('ERR_DATA', `${file}: expected a header of ${header} bytes, but the file ends after ${bytes.length}`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = header + numel(shape);
  if (bytes.length !== expected) {
    throw new ConvoltError('ERR_DATA', `${file}: expected ${expected} bytes for shape ${shapeText(shape)}, but got ${bytes.length}`);
  }
  return { shape, data: bytes.subarray(header) };
}

/** Encodes bytes as an IDX file. */
export function encodeIdx({ shape, data }: IdxArray, { gzip = false }: { gzip?: boolean } = {}): Uint8Array {
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, unsignedByte, shape.length]);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  bytes.set(data, header);
  return gzip ? gzipSync(bytes) : bytes;
}
