/** Dropout, with random numbers made on the device. */
import type { Device } from '../core/device.js';
import { op, type Op } from '../core/op.js';
import { shapeText } from '../core/shape.js';
import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkNumber, checkTensor, valueText } from './arguments.js';

export interface DropoutOptions {
  /** Of an element to become 0, in [0, 1). Default 0.5. */
  probability?: number | undefined;
  /** Whether to drop anything at all. */
  training: boolean;
  /** The state of {@link randomState}; each call moves it on. */
  random: Tensor<'int32'>;
}

const masked: Op<'dropout_grad'> = op('the gradient of dropout', 'dropout_grad', {
  saves: ['mask'],
  gradients: {
    dy: (ddx, { saved: { mask }, params, shapes }) => masked({ dy: ddx, mask }, params, { dx: shapes.dy }).dx,
    mask: null,
  },
});

const dropoutOp = op('dropout', 'dropout_forward', {
  saves: ['mask'],
  gradients: {
    x: (dy, { saved, params, shapes }) => masked({ dy, mask: saved.mask }, params, { dx: shapes.x }).dx,
    random: null,
  },
});

/**
 * Random numbers that ops make on the device: the state of a Philox generator, as 32-bit words
 * {seed low, seed high, counter low, counter high}. The same seed gives the same numbers on every device.
 *
 * J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
 *
 * @param seed a whole number from 0 to 2^53 - 1.
 * @param device default: the default device.
 * @returns int32 [4].
 * @throws ERR_ARGUMENT if the seed is not such a number.
 */
export function randomState(seed: number, device?: Device | string): Tensor<'int32'> {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw argumentError('randomState', `expected seed to be a whole number from 0 to 2^53 - 1, but got ${valueText(seed)}`);
  }
  return tensor(Int32Array.of(seed, Math.floor(seed / 2 ** 32), 0, 0), { device: resolveDevice(device) });
}

/**
 * In training, sets each element to 0 with the given probability and multiplies the others by
 * 1 / (1 - probability), so that the mean stays; otherwise gives x unchanged.
 *
 * N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
 *
 * @param x float32, any shape.
 * @returns the shape of x; it shares the memory of x where nothing is dropped.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, the probability is outside of [0, 1), or the
 *   state is not an int32 [4] on the device of x.
 */
export function dropout(x: Tensor, { probability = 0.5, training, random }: DropoutOptions): Tensor {
  checkFloats('dropout', { x });
  checkNumber('dropout', 'probability', probability, 0, 1, true);
  checkTensor('dropout', 'random', random, 'int32', { name: 'x', device: x.device });
  if (random.shape.length !== 1 || random.shape[0] !== 4) {
    throw argumentError('dropout', `expected random to have shape [4], as randomState makes it, but got ${shapeText(random.shape)}`);
  }
  if (!training || probability === 0) return x.reshape(x.shape);
  const { y, mask } = dropoutOp({ x, random }, { probability }, { y: x.shape, mask: x.shape });
  mask.dispose();
  return y;
}
