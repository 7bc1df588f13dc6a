/**
 * Safetensors (https://github.com/huggingface/safetensors): the length of a header as a little-endian 64-bit
 * number, a JSON header of names, types, shapes and offsets, then the tensors' bytes, little-endian.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { numel, shapeText, type Shape } from '../core/shape.js';

export interface HostTensor {
  shape: Shape;
  data: HostArray;
}

export interface Safetensors {
  tensors: Map<string, HostTensor>;
  metadata: Record<string, string>;
}

const mostHeaderBytes = 100e6; // as in the format's own reader

/** Bytes of an element of each type of the format that files of weights have. @internal */
export const elementBytes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;

/** A type of elements in files. @internal */
export type StoredType = keyof typeof elementBytes;

/** Those that tensors are saved as. */
const views = {
  F32: (buffer: ArrayBuffer): HostArray => new Float32Array(buffer),
  I32: (buffer: ArrayBuffer): HostArray => new Int32Array(buffer),
  U8: (buffer: ArrayBuffer): HostArray => new Uint8Array(buffer),
} as const;

function isSavedType(type: StoredType): type is keyof typeof views {
  return Object.hasOwn(views, type);
}

function typeName(data: HostArray): keyof typeof views {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'U8';
}

/** Encodes named tensors, in their order. */
export function encodeSafetensors(tensors: ReadonlyMap<string, HostTensor>, metadata: Record<string, string> = {}): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: typeName(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padding = (8 - (text.length % 8)) % 8; // so that the tensors begin aligned
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length + padding));
  const bodies = [...tensors.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([length, text, Buffer.alloc(padding, ' '), ...bodies]);
}

/**
 * Decodes a file's bytes.
 *
 * @param file for messages.
 * @throws ERR_DATA if it is no safetensors file, is cut short, or has a type other than F32, I32 and U8.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const wrong = wrongFile(file);
  const headerBytes = safetensorsHeaderBytes(bytes.subarray(0, 8), bytes.length, file);
  const body = bytes.subarray(8 + headerBytes);
  const { entries, metadata } = parseSafetensorsHeader(bytes.subarray(8, 8 + headerBytes), body.length, file);
  const tensors = new Map<string, HostTensor>();
  for (const { name, type, shape, begin, end } of entries) {
    if (!isSavedType(type)) throw wrong(`${name} is of type ${type}, not ${Object.keys(views).join(', ')}`);
    tensors.set(name, { shape, data: views[type](new Uint8Array(body.subarray(begin, end)).buffer) });
  }
  return { tensors, metadata };
}

const wrongFile = (file: string) => (what: string) => new ConvoltError('ERR_DATA', `${file}: expected a safetensors file, but ${what}`);

/**
 * The length of a file's header, from its first 8 bytes.
 *
 * @param size of the file, in bytes.
 * @param file for messages.
 * @throws ERR_DATA if a file of that size has no such header. @internal
 */
export function safetensorsHeaderBytes(start: Uint8Array, size: number, file: string): number {
  const wrong = wrongFile(file);
  if (start.length < 8) throw wrong(`it has only ${start.length} bytes`);
  const headerBytes = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (headerBytes > mostHeaderBytes) throw wrong('it does not begin with a header length');
  if (headerBytes > size - 8) throw wrong(`its header of ${headerBytes} bytes ends after the file's ${size}`);
  return headerBytes;
}

/** A tensor in a file, and where its bytes are behind the header. @internal */
export interface SafetensorsEntry {
  name: string;
  type: StoredType;
  shape: Shape;
  begin: number;
  end: number;
}

/**
 * What a header says.
 *
 * @param bodyBytes behind it.
 * @param file for messages.
 * @throws ERR_DATA if it is malformed, or its tensors do not lie one behind the other over the whole body. @internal
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  bodyBytes: number,
  file: string,
): { entries: SafetensorsEntry[]; metadata: Record<string, string> } {
  const wrong = wrongFile(file);
  const entries: SafetensorsEntry[] = [];
  const metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(parseHeader(bytes, wrong))) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(isRecord(entry) ? entry : {})) if (typeof value === 'string') metadata[key] = value;
    } else {
      entries.push(parseEntry(name, entry, wrong));
    }
  }
  let used = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (end > bodyBytes) throw wrong(`it ends ${end - bodyBytes} bytes before the end of ${name}`);
    if (begin !== used) throw wrong(`${name} begins at ${begin}, where ${used} was expected`);
    used = end;
  }
  if (used !== bodyBytes) throw wrong(`its tensors cover ${used} of ${bodyBytes} bytes`);
  return { entries, metadata };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function parseHeader(bytes: Uint8Array, wrong: (what: string) => ConvoltError): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw wrong('its header is not JSON');
  }
  if (!isRecord(header)) throw wrong('its header is not an object');
  return header;
}

function parseEntry(name: string, entry: unknown, wrong: (what: string) => ConvoltError): SafetensorsEntry {
  if (!isRecord(entry)) throw wrong(`its entry for ${name} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isStoredType(dtype)) throw wrong(`${name} is of type ${String(dtype)}, not ${Object.keys(elementBytes).join(', ')}`);
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) throw wrong(`its entry for ${name} has no shape and offsets`);
  const [begin = 0, end = 0] = offsets;
  if (end - begin !== numel(shape) * elementBytes[dtype]) throw wrong(`${name} ${shapeText(shape)} has ${end - begin} bytes`);
  return { name, type: dtype, shape, begin, end };
}

function isStoredType(value: unknown): value is StoredType {
  return typeof value === 'string' && Object.hasOwn(elementBytes, value);
}

/** Reads and decodes a file. @throws ERR_FILE if it cannot be read, and as {@link decodeSafetensors} does. */
export async function readSafetensors(file: string): Promise<Safetensors> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new ConvoltError('ERR_FILE', `${file}: expected a file that can be read, but got ${error.message}`, { cause: error });
  });
  return decodeSafetensors(bytes, file);
}

/**
 * Writes a file such that it is, at any moment, either the old one or the new one.
 *
 * @param bytes all, or one piece after another.
 * @throws ERR_FILE if it cannot be written.
 */
export async function writeFileAtomically(file: string, bytes: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<void> {
  const unfinished = `${file}.${process.pid}.part`;
  try {
    const handle = await open(unfinished, 'w');
    try {
      for await (const piece of typeof bytes === 'string' || bytes instanceof Uint8Array ? [bytes] : bytes) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(unfinished, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConvoltError('ERR_FILE', `${file}: expected a file that can be written, but got ${reason}`, { cause: error });
  }
}

/** Makes new names in a folder last through a loss of power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Encodes tensors and writes them atomically. */
export async function writeSafetensors(file: string, tensors: ReadonlyMap<string, HostTensor>, metadata: Record<string, string> = {}): Promise<void> {
  await writeFileAtomically(file, encodeSafetensors(tensors, metadata));
}
