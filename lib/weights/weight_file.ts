/** Files of weights, whatever their format. */
import type { ByteSource } from './byte_source.js';
import { openSafetensors } from './safetensors_file.js';
import type { WeightFile } from './stored_tensor.js';
import { isLegacyTorch, openLegacyTorch, openTorchZip } from './torch_file.js';

/**
 * Reads what a file says of its tensors, in the format that its first bytes tell. Its tensors are read when they are asked
 * for; nothing in a file is run, and no more is allocated than it holds.
 *
 * @throws ERR_DATA if the file is damaged or holds something else.
 */
export async function openWeights(source: ByteSource): Promise<WeightFile> {
  const start = await source.read(0, Math.min(4, source.size));
  const isZip = start[0] === 0x50 && start[1] === 0x4b; // PK
  if (isZip) return openTorchZip(source);
  return isLegacyTorch(start) ? openLegacyTorch(source) : openSafetensors(source);
}
