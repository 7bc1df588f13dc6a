/** Mixed precision: which inputs of an op change their type while it is on. */
import { nativeOps, type BufferType } from '../native.gen.js';
import { isHalf, type DType, type Float } from './dtype.js';
import { ConvoltError } from './errors.js';
import { converted } from './gradient_memory.js';
import { keptInHalf } from './half_copies.js';
import type { InputName, Inputs, OpName } from './run.js';
import { OpNode, wantsGradient } from './tape.js';
import type { Tensor } from './tensor.js';

/** The type of {@link autocast}: bfloat16 has float32's range; float16 has more digits and needs a scaled loss. */
export type HalfType = 'bfloat16' | 'float16';

let current: HalfType | null = null;

/**
 * Runs `fn` with mixed precision. Convolutions and matrix products round their inputs to 16 bits and add up in float32;
 * ops that exist in float32 alone, losses for one, widen theirs; where types meet, the wider one wins. Parameters stay
 * in float32, and so do their gradients. Run backward() outside: gradients have the types of the forward pass. Weights that
 * an optimiser holds are rounded once for each change of them; run backward() before they change, as in float32.
 *
 * P. Micikevicius et al., "Mixed precision training", arXiv:1710.03740.
 *
 * @param dtype 'bfloat16' or 'float16'; with the latter see {@link optim.LossScaler}.
 * @returns what fn returns.
 * @throws ERR_ARGUMENT if dtype is neither, or fn returns a promise: the types hold until fn returns.
 */
export function autocast<T>(dtype: HalfType, fn: () => T): T {
  if (!isHalf(dtype)) throw new ConvoltError('ERR_ARGUMENT', `autocast: expected dtype to be 'bfloat16' or 'float16', but got ${String(dtype)}`);
  const before = current;
  current = dtype;
  try {
    const result = fn();
    if (result instanceof Promise) throw new ConvoltError('ERR_ARGUMENT', 'autocast: expected fn to return when it is done, but got a promise');
    return result;
  } finally {
    current = before;
  }
}

/** Runs `fn` as ever for float32, or else in {@link autocast}. @internal */
export function inPrecision<T>(precision: Float, fn: () => T): T {
  return precision === 'float32' ? fn() : autocast(precision, fn);
}

/** Whether float types may be mixed. @internal */
export function isAutocasting(): boolean {
  return current !== null;
}

/**
 * A float tensor in another float type, with a gradient.
 *
 * @internal
 */
export function castFloat<F extends Float>(x: Tensor, dtype: F): Tensor<F> {
  return isCastOf(x, converted(x, dtype));
}

/** Gives y, which holds x in another float type, the gradient of a cast. */
function isCastOf<F extends Float>(x: Tensor, y: Tensor<F>): Tensor<F> {
  const from = x.dtype;
  if (wantsGradient({ x }, ['x'])) y.node = new OpNode('cast', [x.node], (_, dy) => castFloat(dy, from), []);
  return y;
}

/** A factor of a product in another type. A parameter may be kept in 16 bits. */
function castFactor(x: Tensor, dtype: Float): Tensor {
  const kept = dtype === 'float32' || x.dtype !== 'float32' ? null : keptInHalf(x, dtype);
  return kept ? isCastOf(x, kept) : castFloat(x, dtype);
}

/** The type that an input of an op gets; null: it keeps its own. */
function wanted(type: BufferType, shared: Float): Float | null {
  if (type === 'float') return shared;
  return type === 'float32' ? 'float32' : null;
}

/**
 * The inputs of an op in the types that autocast gives them, and those among them that were made for it.
 *
 * @param isProduct whether the op multiplies and adds up, as tensor cores do.
 * @internal
 */
export function adapted<N extends OpName>(name: N, inputs: Inputs<N>, isProduct: boolean): { inputs: Inputs<N>; made: readonly Tensor[] } {
  const made: Tensor[] = [];
  if (current === null) return { inputs, made };
  const given: { [K in InputName<N>]?: Tensor<DType> | undefined } = inputs;
  const layout = nativeOps[name].inputs as readonly (readonly [InputName<N>, BufferType])[];
  const types = layout.flatMap(([input, type]) => (type === 'float' && given[input] ? given[input].dtype : []));
  const first = types[0] as Float | undefined;
  const shared = isProduct ? current : types.every((type) => type === first) ? (first ?? 'float32') : 'float32';
  const changed = { ...given };
  for (const [input, type] of layout) {
    const tensor = given[input], dtype = wanted(type, shared);
    if (!tensor || dtype === null || tensor.dtype === dtype) continue;
    made.push((changed[input] = isProduct ? castFactor(tensor as Tensor, dtype) : castFloat(tensor as Tensor, dtype)));
  }
  return { inputs: changed as Inputs<N>, made };
}

/**
 * Float tensors of several types as float32.
 *
 * @internal
 */
export function widened<D extends DType>(tensors: readonly Tensor<D>[]): readonly Tensor<D>[] {
  return tensors.map((tensor) => castFloat(tensor as Tensor, 'float32') as Tensor<D>);
}
