import { readFileSync } from 'node:fs';

import { decodeSafetensors, type HostTensor } from '../../lib/data/safetensors.js';

/** The tensors of a safetensors file of this folder, by name. Their values are torch's. */
export function readGolden(file: string): Map<string, HostTensor> {
  return decodeSafetensors(readFileSync(new URL(file, import.meta.url)), file).tensors;
}
