/** Rows, or slices, of a tensor by their numbers. */
import { op, type Op } from '../core/op.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkRank, checkSameFloats, checkTensor, resolveAxis, valueText } from './arguments.js';
import { aroundAxis } from './gather.js';
import { gatherRows, scatterRows } from './scatter_rows.js';

/**
 * Slices of x by their numbers along an axis; for the first of two, y[i,:] = x[index[i],:]. An index of -1 gives zeros, any
 * other outside of the axis NaN. Gradients of slices that are named more than once are summed in order.
 * `torch.index_select`.
 *
 * @param x float, any shape but [].
 * @param index int32 [M].
 * @param axis negative ones count from the end. Default 0.
 * @returns the type of x, and its shape with M along the axis.
 * @throws ERR_ARGUMENT if types, devices or shapes do not fit together.
 */
export function indexSelect(x: Tensor, index: Tensor<'int32'>, axis = 0): Tensor {
  checkSameFloats('indexSelect', { x });
  checkTensor('indexSelect', 'index', index, 'int32', { name: 'x', device: x.device });
  checkRank('indexSelect', 'index', index, 1, '[M]');
  const along = resolveAxis('indexSelect', 'axis', axis, x);
  const { outer, size: rows, inner: c } = aroundAxis(x.shape, along), sources = index.shape[0]!;
  const y = [...x.shape.slice(0, along), sources, ...x.shape.slice(along + 1)];
  return gatherRows({ x, index }, { outer, rows, c, sources, taps: 1, skip: 0 }, { y }).y;
}

export interface EmbeddingOptions {
  /** A row that gets no gradient, for places that hold no word. Default none. */
  paddingIndex?: number | undefined;
}

/** The rows that an index names; of them, the padding's has no gradient. */
function embeddingOp(paddingIndex: number): Op<'gather_rows'> {
  return op('embedding', 'gather_rows', {
    saves: ['index'],
    gradients: {
      x: (dy, { saved: { index }, params, shapes }) => scatterRows({ dy, index }, { ...params, skip: paddingIndex + 1 }, { dx: shapes.x }).dx,
      index: null,
      weight: null,
    },
  });
}

/**
 * Vectors of words by their numbers, y[...,:] = weight[index[...],:]. An index of -1 gives zeros, any other that is not a
 * row of weight NaN.
 *
 * Y. Bengio et al., "A neural probabilistic language model", 2003.
 *
 * @param weight float [V,E]: a vector for each word.
 * @param index int32, any shape.
 * @returns the type of weight, the shape of index with E behind it.
 * @throws ERR_ARGUMENT if types, devices or shapes do not fit together, or paddingIndex is not a row of weight.
 */
export function embedding(weight: Tensor, index: Tensor<'int32'>, { paddingIndex }: EmbeddingOptions = {}): Tensor {
  checkSameFloats('embedding', { weight });
  checkRank('embedding', 'weight', weight, 2, '[V,E]');
  checkTensor('embedding', 'index', index, 'int32', { name: 'weight', device: weight.device });
  const rows = weight.shape[0]!, c = weight.shape[1]!;
  if (paddingIndex !== undefined && !(Number.isSafeInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < rows)) {
    throw argumentError(
      'embedding',
      `expected paddingIndex to be a row of weight ${shapeText(weight.shape)}, but got ${valueText(paddingIndex)}`,
    );
  }
  const select = paddingIndex === undefined ? gatherRows : embeddingOp(paddingIndex);
  const params = { outer: 1, rows, c, sources: index.numel, taps: 1, skip: 0 };
  return select({ x: weight, index }, params, { y: [...index.shape, c] }).y;
}
