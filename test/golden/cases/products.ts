import { bilinear, embedding, linear, matmul } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import type { GoldenOps } from './golden_op.js';

interface Inputs {
  x: Tensor;
  w: Tensor;
  b?: Tensor;
}

export const products: GoldenOps = {
  linear: { compute: ({ x, w, b }: Inputs) => ({ y: linear(x, w, b) }) },
  bilinear: { compute: ({ x, z, w, b }: Inputs & { z: Tensor }) => ({ y: bilinear(x, z, w, b) }) },
  matmul: { compute: ({ x, z }: { x: Tensor; z: Tensor }) => ({ y: matmul(x, z) }) },
  embedding: {
    compute: ({ i, w }: { i: Tensor<'int32'>; w: Tensor }, { padding_idx: paddingIndex }: { padding_idx: number }) => ({
      y: embedding(w, i, { paddingIndex }),
    }),
  },
};
