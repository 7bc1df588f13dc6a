import { add, affine, matmul } from '../../ops/index.js';
import type { Operators } from '../call.js';

export const products: Operators = {
  MatMul: (call) => [matmul(call.floats(0), call.floats(1))],
  Gemm(call) {
    const transposes = { transposeA: call.number('transA', 0) === 1, transposeB: call.number('transB', 0) === 1 };
    const product = affine(matmul(call.floats(0), call.floats(1), transposes), { scale: call.number('alpha', 1) });
    return [call.has(2) ? add(product, affine(call.floats(2), { scale: call.number('beta', 1) })) : product];
  },
};
