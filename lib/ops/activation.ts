/** Activation functions, element by element. Their gradients need the output alone. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloats } from './arguments.js';

const reluOp = op('relu', 'relu_forward', {
  saves: ['y'],
  gradients: { x: (dy, { saved, shapes }) => run('relu_grad', { y: saved.y, dy }, {}, { dx: shapes.x }).dx },
});

const sigmoidOp = op('sigmoid', 'sigmoid_forward', {
  saves: ['y'],
  gradients: { x: (dy, { saved, shapes }) => run('sigmoid_grad', { y: saved.y, dy }, {}, { dx: shapes.x }).dx },
});

const tanhOp = op('tanh', 'tanh_forward', {
  saves: ['y'],
  gradients: { x: (dy, { saved, shapes }) => run('tanh_grad', { y: saved.y, dy }, {}, { dx: shapes.x }).dx },
});

/**
 * max(x, 0). The gradient at 0 is 0; NaN stays NaN.
 *
 * V. Nair, G. Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
 *
 * @param x float32, any shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor.
 */
export function relu(x: Tensor): Tensor {
  checkFloats('relu', { x });
  return reluOp({ x }, {}, { y: x.shape }).y;
}

/**
 * 1 / (1 + exp(-x)).
 *
 * @param x float32, any shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor.
 */
export function sigmoid(x: Tensor): Tensor {
  checkFloats('sigmoid', { x });
  return sigmoidOp({ x }, {}, { y: x.shape }).y;
}

/**
 * (exp(x) - exp(-x)) / (exp(x) + exp(-x)).
 *
 * @param x float32, any shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor.
 */
export function tanh(x: Tensor): Tensor {
  checkFloats('tanh', { x });
  return tanhOp({ x }, {}, { y: x.shape }).y;
}
