/** Which part of an image a network's answer depends on: that whose covering changes it. */
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { checkCount, pair, type Pair } from '../nn/arguments.js';
import { checkModel } from '../nn/check_model.js';
import type { Module } from '../nn/index.js';
import { inEvaluation } from '../nn/in_evaluation.js';
import { argumentError, checkFinite, checkFloats, checkOptions } from '../ops/arguments.js';
import { add, concat, mul, softmax, sub } from '../ops/index.js';
import { targetScores, type Target } from './score.js';

export interface OcclusionOptions {
  /** Extent of the patch, in pixels. Default an eighth of the shorter side. */
  size?: Pair;
  /** From one place of it to the next. Default half of its extent. */
  stride?: Pair;
  /** What it is filled with, in the model's numbers. Default 0. */
  value?: number;
  /** Places in one forward pass. Default 32. */
  batch?: number;
}

/** Where a patch begins along an axis: every `stride` pixels, and at the end. */
function places(extent: number, size: number, stride: number): number[] {
  const last = Math.max(0, extent - size);
  const found = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => i * stride);
  return found.at(-1) === last ? found : [...found, last];
}

/**
 * Occlusion: how much the probability of a class falls when a patch covers a part of the image, at each place of the patch.
 *
 * M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", arXiv:1311.2901.
 *
 * @param x one image [1,H,W,C] as the model takes it.
 * @returns [P,Q], the probability without the patch less that with it. Row i is for a patch whose upper edge is at
 *   min(i * stride, H - size).
 * @throws ERR_ARGUMENT if x is not one image, the model gives no logits, or the target is none of its classes.
 */
export function occlusion(model: Module, x: Tensor, target: Target, options: OcclusionOptions = {}): Tensor {
  checkModel('occlusion', model);
  checkFloats('occlusion', { x });
  checkOptions('occlusion', options);
  const [n = 0, height = 0, width = 0] = x.shape;
  if (x.shape.length !== 4 || n !== 1) throw argumentError('occlusion', `expected one image [1,H,W,C], but got ${x.toString()}`);
  const eighth = Math.max(1, Math.round(Math.min(height, width) / 8));
  const { size = eighth, value = 0, batch = 32 } = options, [high, wide] = pair(size);
  const { stride = [Math.ceil(high / 2), Math.ceil(wide / 2)] } = options, [down, along] = pair(stride);
  for (const [name, count] of Object.entries({ size: Math.min(high, wide), stride: Math.min(down, along), batch })) checkCount('occlusion', name, count);
  checkFinite('occlusion', { value });
  const tops = places(height, high, down), lefts = places(width, wide, along);

  /** 0 under the patch and 1 elsewhere, for some places. [M,H,W,1] */
  const masks = (corners: readonly (readonly [top: number, left: number])[]): Tensor => {
    const mask = new Float32Array(corners.length * height * width).fill(1);
    for (const [i, [top, left]] of corners.entries()) {
      for (let y = top; y < Math.min(top + high, height); y++) mask.fill(0, (i * height + y) * width + left, (i * height + y) * width + Math.min(left + wide, width));
    }
    return tensor(mask, { shape: [corners.length, height, width, 1], device: x.device });
  };
  const probability = (images: Tensor): Tensor => targetScores('occlusion', softmax(model.forward(images)), target);
  const corners = tops.flatMap((top) => lefts.map((left) => [top, left] as const));
  return inEvaluation(model, () =>
    noGrad(() =>
      scope(() => {
        const whole = probability(x); // [1]
        const parts: Tensor[] = [];
        for (let first = 0; first < corners.length; first += batch) {
          parts.push(scope(() => {
            const seen = masks(corners.slice(first, first + batch));
            return probability(add(mul(x, seen), mul(sub(1, seen), value))); // covered pixels have the value
          }));
        }
        return sub(whole, concat(parts, 0)).reshape([tops.length, lefts.length]);
      }),
    ),
  );
}
