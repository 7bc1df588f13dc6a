/** Dropout, with random numbers made on the device. */
import type { Device } from '../core/device.js';
import { filled } from '../core/gradient_memory.js';
import { op, type Op } from '../core/op.js';
import { scope } from '../core/scope.js';
import { extent, shapeText, type Shape } from '../core/shape.js';
import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, checkRank, checkSameFloats, checkTensor, valueText } from './arguments.js';
import { mul } from './elementwise.js';

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

/** Checks that an argument is a state as {@link randomState} makes it, on the device of another. */
export function checkRandomState(name: string, random: Tensor<'int32'>, like: { name: string; device: Device }): void {
  checkTensor(name, 'random', random, 'int32', like);
  if (random.shape.length !== 1 || random.shape[0] !== 4) {
    throw argumentError(name, `expected random to have shape [4], as randomState makes it, but got ${shapeText(random.shape)}`);
  }
}

function checkOptions(name: string, x: Tensor, probability: number, random: Tensor<'int32'>): void {
  checkSameFloats(name, { x });
  checkNumber(name, 'probability', probability, 0, 1, true);
  checkRandomState(name, random, { name: 'x', device: x.device });
}

function dropped(x: Tensor, probability: number, random: Tensor<'int32'>): Tensor {
  const { y, mask } = dropoutOp({ x, random }, { probability }, { y: x.shape, mask: x.shape });
  mask.dispose();
  return y;
}

/** In training, drops whole parts of x, each of which has one element in `parts`, a shape that stretches to that of x. */
function dropParts(name: string, x: Tensor, parts: Shape, { probability = 0.5, training, random }: DropoutOptions): Tensor {
  checkOptions(name, x, probability, random);
  if (!training || probability === 0) return x.reshape(x.shape);
  return scope(() => mul(x, dropped(filled(parts, 1, x.device, x.dtype), probability, random)));
}

/**
 * In training, sets each element to 0 with the given probability and multiplies the others by
 * 1 / (1 - probability), so that the mean stays; otherwise gives x unchanged.
 *
 * N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x; it shares the memory of x where nothing is dropped.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, the probability is outside of [0, 1), or the
 *   state is not an int32 [4] on the device of x.
 */
export function dropout(x: Tensor, { probability = 0.5, training, random }: DropoutOptions): Tensor {
  checkOptions('dropout', x, probability, random);
  if (!training || probability === 0) return x.reshape(x.shape);
  return dropped(x, probability, random);
}

/**
 * {@link dropout} of whole channels: each channel of each image is dropped or kept as one.
 *
 * J. Tompson et al., "Efficient object localization using convolutional networks", arXiv:1411.4280.
 *
 * @param x floats of any type, [N,H,W,C].
 * @returns the shape of x; it shares the memory of x where nothing is dropped.
 * @throws ERR_ARGUMENT as {@link dropout} does, or if x has other than four axes.
 */
export function dropout2d(x: Tensor, options: DropoutOptions): Tensor {
  checkSameFloats('dropout2d', { x });
  checkRank('dropout2d', 'x', x, 4, '[N,H,W,C]');
  return dropParts('dropout2d', x, [extent(x.shape, 0), 1, 1, extent(x.shape, 3)], options);
}

/**
 * {@link dropout} of whole samples: stochastic depth, where x is the residual branch of a block.
 *
 * G. Huang et al., "Deep networks with stochastic depth", arXiv:1603.09382.
 *
 * @param x floats of any type, [N, ...].
 * @returns the shape of x; it shares the memory of x where nothing is dropped.
 * @throws ERR_ARGUMENT as {@link dropout} does, or if x has no axes.
 */
export function dropPath(x: Tensor, options: DropoutOptions): Tensor {
  checkSameFloats('dropPath', { x });
  if (x.shape.length === 0) throw argumentError('dropPath', 'expected x to have at least one axis, but got shape []');
  return dropParts('dropPath', x, x.shape.map((size, axis) => (axis === 0 ? size : 1)), options);
}
