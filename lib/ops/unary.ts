/** Functions of one number, element by element: what lib/ops/activation.ts and math.ts are made of. */
import { op, type Op } from '../core/op.js';
import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkSameFloats } from './arguments.js';

// dx = f'(x) dy, with the slope taken from what was saved. It is linear in dy.
const unaryGrad: Op<'unary_grad'> = op('the gradient of an elementwise function', 'unary_grad', {
  saves: ['saved', 'dy'],
  gradients: {
    saved: (ddx, { saved: { saved, dy }, params, shapes }) =>
      run('unary_second_grad', { saved, dy, ddx }, params, { dsaved: shapes.saved }).dsaved,
    dy: (ddx, { saved: { saved }, params, shapes }) => unaryGrad({ saved, dy: ddx }, params, { dx: shapes.dy }).dx,
  },
});

/** dy where y = relu(x) is above 0, and 0 elsewhere. */
export function reluGradient(y: Tensor, dy: Tensor): Tensor {
  return unaryGrad({ saved: y, dy }, { function: 'relu', alpha: 0, beta: 0 }, { dx: dy.shape }).dx;
}

/** dy where y = relu6(x) is between 0 and 6, and 0 elsewhere. */
export function relu6Gradient(y: Tensor, dy: Tensor): Tensor {
  return unaryGrad({ saved: y, dy }, { function: 'hardtanh', alpha: 0, beta: 6 }, { dx: dy.shape }).dx;
}

export type Unary = (x: Tensor, alpha?: number, beta?: number) => Tensor;

/**
 * A native function with its gradients.
 *
 * @param name what users call it.
 * @param saves what its slope is computed from, as native/unary_functions.h says: x, or y, which the next op often
 *   keeps anyway.
 */
export function unary(name: string, native: Params<'unary_forward'>['function'], saves: 'x' | 'y'): Unary {
  const unaryOp =
    saves === 'x'
      ? op(name, 'unary_forward', {
          saves: ['x'],
          gradients: { x: (dy, { saved: { x }, params, shapes }) => unaryGrad({ saved: x, dy }, params, { dx: shapes.x }).dx },
        })
      : op(name, 'unary_forward', {
          saves: ['y'],
          gradients: { x: (dy, { saved: { y }, params, shapes }) => unaryGrad({ saved: y, dy }, params, { dx: shapes.x }).dx },
        });
  return (x, alpha = 0, beta = 0) => {
    checkSameFloats(name, { x });
    return unaryOp({ x }, { function: native, alpha, beta }, { y: x.shape }).y;
  };
}
