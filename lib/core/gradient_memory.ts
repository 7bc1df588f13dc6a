/** The native ops that the tape itself needs. */
import type { Device } from './device.js';
import { run } from './run.js';
import { numel, type Shape } from './shape.js';
import type { Tensor } from './tensor.js';

/** A tensor whose every element is `value`. */
export function filled(shape: Shape, value: number, device: Device): Tensor {
  return run('fill', {}, { shape: [1, 1, 1, 1, 1, numel(shape)], value }, { y: shape }, device).y;
}

/** target = alpha * x + beta * target. beta = 0 never reads target. */
export function accumulateInto(target: Tensor, x: Tensor, beta: number, alpha = 1): void {
  run('accumulate', { target, x }, { alpha, beta }, {});
}

/** a + b, of one shape. */
export function added(a: Tensor, b: Tensor): Tensor {
  const dense = [0, 0, 0, 0, 0, 1];
  return run('add', { a, b }, { shape: [1, 1, 1, 1, 1, a.numel], strideA: dense, strideB: dense }, { y: a.shape }).y;
}
