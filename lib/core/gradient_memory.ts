/** The native ops that the tape itself needs. */
import type { Device } from './device.js';
import type { DType, Float } from './dtype.js';
import { call, run } from './run.js';
import { numel, type Shape } from './shape.js';
import type { Tensor } from './tensor.js';

/** A tensor whose every element is `value`. */
export function filled(shape: Shape, value: number, device: Device, dtype: Float = 'float32'): Tensor {
  const { y } = run('fill', {}, { shape: [1, 1, 1, 1, 1, numel(shape)], value }, { y: shape }, device);
  if (dtype === 'float32') return y;
  const result = converted(y, dtype);
  y.dispose();
  return result;
}

/** The elements in another type. */
export function converted<D extends DType>(x: Tensor<DType>, dtype: D): Tensor<D> {
  return castOps[dtype](x);
}

const castOps: { [D in DType]: (x: Tensor<DType>) => Tensor<D> } = {
  float32: (x) => call('cast_f32', { x }, {}, { y: x.shape }).y,
  bfloat16: (x) => call('cast_bf16', { x }, {}, { y: x.shape }).y,
  float16: (x) => call('cast_f16', { x }, {}, { y: x.shape }).y,
  int32: (x) => call('cast_i32', { x }, {}, { y: x.shape }).y,
  uint8: (x) => call('cast_u8', { x }, {}, { y: x.shape }).y,
};

/** target = alpha * x + beta * target. beta = 0 never reads target. */
export function accumulateInto(target: Tensor, x: Tensor, beta: number, alpha = 1): void {
  run('accumulate', { target, x }, { alpha, beta }, {});
}

/** target = x, of the same type and as many elements. */
export function overwrite(target: Tensor<DType>, x: Tensor<DType>): void {
  const shape = [1, 1, 1, 1, 1, x.numel];
  if (x.numel > 0) run('place', { target, x }, { shape, stride: [0, 0, 0, 0, 0, 1], reversed: [0, 0, 0, 0, 0, 0] }, {});
}

/** a + b, of one shape. */
export function added(a: Tensor, b: Tensor): Tensor {
  const dense = [0, 0, 0, 0, 0, 1];
  return call('add', { a, b }, { shape: [1, 1, 1, 1, 1, a.numel], strideA: dense, strideB: dense }, { y: a.shape }).y;
}
