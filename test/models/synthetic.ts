import { Random } from '../../lib/core/random.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';

/** Images of noise with labels that have nothing to do with them: what a network can only learn by heart. */
export function noise(
  shape: readonly number[],
  classes: number,
  device: string,
): { images: Tensor; labels: Tensor<'int32'> } {
  const random = new Random(1),
    count = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length: count }, () => random.normal());
  const labels = Int32Array.from({ length: shape[0]! }, (_, i) => i % classes);
  return { images: tensor(values, { shape, device }), labels: tensor(labels, { device }) };
}
