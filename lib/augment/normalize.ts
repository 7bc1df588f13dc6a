/** From bytes to the floats that a network takes. */
import { run } from '../core/run.js';
import { scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkFinite, checkNumber, valueText } from '../ops/arguments.js';
import { checkImages } from './arguments.js';

export interface NormalizeOptions {
  /** Of pixels in [0, 1], subtracted: one number for all channels, or one for each. Default 0. */
  mean?: number | readonly number[];
  /** Then divides: one number for all channels, or one for each. Default 1. */
  std?: number | readonly number[];
}

/**
 * Pixels as floats, (x / 255 - mean) / std: the last of a chain of transforms.
 *
 * @throws ERR_ARGUMENT if a std is not above 0; from the transform, if there is not one number for each channel.
 */
export function normalize({ mean = 0, std = 1 }: NormalizeOptions = {}): (images: Tensor<'uint8'>) => Tensor {
  const means = typeof mean === 'number' ? [mean] : mean, stds = typeof std === 'number' ? [std] : std;
  for (const value of means) checkFinite('normalize', { mean: value });
  for (const value of stds) checkNumber('normalize', 'std', value, Number.MIN_VALUE, Infinity, true);
  const perChannel = (name: string, values: readonly number[], c: number): readonly number[] => {
    if (values.length === 1) return Array<number>(c).fill(values[0] ?? 0);
    if (values.length === c) return values;
    throw argumentError('normalize', `expected ${name} to be a number, or one for each of ${c} channels, but got ${valueText(values)}`);
  };
  return (images) => {
    const { n, h, w, c } = checkImages('normalize', images);
    const means_ = perChannel('mean', means, c), stds_ = perChannel('std', stds, c);
    return scope(() => {
      const { device } = images;
      const scale = tensor(Float32Array.from(stds_, (std) => 1 / (255 * std)), { device });
      const shift = tensor(Float32Array.from(stds_, (std, channel) => -(means_[channel] ?? 0) / std), { device });
      return run('normalize_bytes', { x: images, scale, shift }, { rows: n * h * w, c }, { y: images.shape }).y;
    });
  };
}
