/** Images that a part of a network answers to most. */
import type { Random } from '../core/random.js';
import { keep, scope } from '../core/scope.js';
import type { Shape } from '../core/shape.js';
import { grad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { checkCount } from '../nn/arguments.js';
import { checkModel } from '../nn/check_model.js';
import type { Module } from '../nn/index.js';
import { inEvaluation } from '../nn/in_evaluation.js';
import { randomOf } from '../nn/parameter.js';
import { tap } from '../nn/tap.js';
import { argumentError, checkNumber, checkOptions, isListOf, valueText } from '../ops/arguments.js';
import { add, avgPool2d, div, mean, mul, norm, roll, slice, square, sub } from '../ops/index.js';

export interface MaximisationOptions {
  /** Dotted name. Default '', the model itself: its logits. */
  layer?: string;
  /** Of the layer's output: a channel, or a class. */
  channel: number;
  /** Of the image: [H,W,C]. */
  shape: Shape;
  /** Default 128. */
  steps?: number;
  /** Length of a step, in standard deviations of the model's input for each number. Default 0.1. */
  lr?: number;
  /** Weight of the mean square of the image, which keeps it small. Default 0.01. */
  decay?: number;
  /** Every so many steps, the image is blurred. Default 4; 0 never. */
  blurEvery?: number;
  /** The largest shift, in pixels, that the image undergoes before each step. Default an eighth of its shorter side. */
  jitter?: number;
  /** Draws the first image and the shifts. Default: one generator for the whole program. */
  random?: Random;
}

/**
 * Activation maximisation: an image that a channel of a layer, or a class, answers to strongly, found by steps along the
 * gradient of its mean answer. Small shifts, a blur and decay keep it from being noise.
 *
 * D. Erhan et al., "Visualizing higher-layer features of a deep network", 2009; J. Yosinski et al., "Understanding neural
 * networks through deep visualization", arXiv:1506.06579.
 *
 * @returns [1,H,W,C], in the numbers that the model takes.
 * @throws ERR_ARGUMENT if an option is out of range, or the layer has no such channel.
 */
export function maximiseActivation(model: Module, options: MaximisationOptions): Tensor {
  const who = 'maximiseActivation';
  checkModel(who, model);
  checkOptions(who, options, '{ channel: 0, shape: [64, 64, 3] }');
  const { layer = '', channel, shape, steps = 128, lr = 0.1, decay = 0.01, blurEvery = 4 } = options;
  if (!isListOf(3, shape)) throw argumentError(who, `expected shape to be [H,W,C], but got ${valueText(shape)}`);
  const [height, width, channels] = shape as readonly [number, number, number];
  for (const extent of shape) checkCount(who, 'shape', extent);
  const { jitter = Math.floor(Math.min(height, width) / 8) } = options;
  checkCount(who, 'steps', steps);
  for (const [name, value] of Object.entries({ lr, decay, blurEvery, jitter })) checkNumber(who, name, value, 0, Infinity, true);
  const [parameter] = model.parameters();
  if (!parameter) throw argumentError(who, 'expected a model with parameters, but got one without');
  const random = randomOf(options), { device } = parameter;

  const answer = (x: Tensor): Tensor => {
    const y = tap(model, x, [layer])[layer]!, last = y.shape.at(-1) ?? 0;
    if (!(Number.isInteger(channel) && channel >= 0 && channel < last)) {
      throw argumentError(who, `expected channel to be from 0 to ${last - 1}, those of layer "${layer}", but got ${channel}`);
    }
    return mean(slice(y, { axis: -1, start: channel, end: channel + 1 }));
  };
  const shift = () => random.integer(2 * jitter + 1) - jitter;
  const noise = Float32Array.from({ length: height * width * channels }, () => 0.1 * random.normal());
  let image: Tensor = keep(tensor(noise, { shape: [1, ...shape], device }));
  inEvaluation(model, () => {
    for (let step = 1; step <= steps; step++) {
      const next = scope(() => {
        const x = roll(image, [shift(), shift()], [1, 2]).detach();
        x.requiresGrad = true;
        const [gradient] = grad(sub(answer(x), mul(decay, mean(square(x)))), [x]) as [Tensor];
        const size = add(norm(gradient), 1e-12), unit = mul(div(gradient, size), Math.sqrt(gradient.numel)); // mean square 1
        const moved = add(x.detach(), mul(unit, lr));
        const isBlurred = blurEvery > 0 && step % blurEvery === 0;
        return isBlurred ? avgPool2d(moved, { kernel: 3, stride: 1, padding: 1, countPadding: false }) : moved;
      });
      image.dispose();
      image = keep(next);
    }
  });
  return image;
}
