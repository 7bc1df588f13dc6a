/** The algorithms of a convolution, and which of them are worth timing against each other. */
import { isHalf } from '../core/dtype.js';
import type { Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import type { ConvAlgorithm } from './conv.js';

type Conv = Params<'conv_forward'>;

/** ConvAlgorithm of native/params.h, in its order. @internal */
export const algorithms: readonly ConvAlgorithm[] = ['auto', 'im2col', 'direct', 'pointwise', 'implicit_gemm', 'wgmma'];

/** Whether x is its own matrix of windows. */
function isPointwise({ t, r, s, strideD, strideH, strideW, padD, padH, padW, d, h, w, z, p, q }: Conv): boolean {
  const stays = [strideD, strideH, strideW].every((stride) => stride === 1) && [padD, padH, padW].every((pad) => pad === 0);
  return t * r * s === 1 && stays && d === z && h === p && w === q;
}

/** The most filters that the cpu's own loops take, beside oneDNN, of images of few channels. */
const mostOwnFilters = { forward: 16, inputGrad: 0, weightGrad: Infinity };

function onCpu(pass: keyof typeof mostOwnFilters, { groups, c, dilationW, k }: Conv): ConvAlgorithm[] {
  return groups === 1 && c < 8 && dilationW === 1 && k <= mostOwnFilters[pass] ? ['direct', 'im2col'] : [];
}

function onCuda({ dtype }: Tensor, params: Conv): ConvAlgorithm[] {
  const found: ConvAlgorithm[] = [isPointwise(params) ? 'pointwise' : 'im2col'];
  if (params.groups > 1) found.push('direct');
  if ((isHalf(dtype) || params.tf32 === 1) && params.groups < params.c) found.push('implicit_gemm');
  return found;
}

/**
 * The algorithms that {@link setBenchmark} times where none is named, as changes of a call's parameters. 'wgmma' is not among
 * them: its results are first to be compared with the others' on a GPU.
 *
 * @param input any tensor of the call.
 * @internal
 */
export function algorithmWays(pass: keyof typeof mostOwnFilters, input: Tensor, params: Conv): ReadonlyMap<string, Partial<Conv>> {
  if (params.algorithm !== 0) return new Map();
  const found = input.device.backend === 'cpu' ? onCpu(pass, params) : onCuda(input, params);
  return new Map(found.map((name) => [name, { algorithm: algorithms.indexOf(name) }]));
}
