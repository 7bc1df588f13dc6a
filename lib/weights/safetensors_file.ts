/** Safetensors whose tensors are read one by one; lib/data/safetensors.ts tells the format. */
import { parseSafetensorsHeader, safetensorsHeaderBytes } from '../data/safetensors.js';
import type { ByteSource } from './byte_source.js';
import type { WeightFile } from './stored_tensor.js';

/** Reads the header of a safetensors file. @throws ERR_DATA if it is none, or has a type that convolt does not know. */
export async function openSafetensors(source: ByteSource): Promise<WeightFile> {
  const { name: file, size } = source;
  const headerBytes = safetensorsHeaderBytes(await source.read(0, Math.min(8, size)), size, file);
  const bodyAt = 8 + headerBytes;
  const { entries, metadata } = parseSafetensorsHeader(await source.read(8, headerBytes), size - bodyAt, file);
  const tensors = entries.map(({ name, shape, type, begin, end }) => {
    return [name, { shape, type, bytes: () => source.read(bodyAt + begin, end - begin) }] as const;
  });
  return { tensors: new Map(tensors), metadata, isTorch: false };
}
