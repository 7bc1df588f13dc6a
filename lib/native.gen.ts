// Printed from native/ops.def and native/params.h by scripts/native_types.mjs (npm run generate). Do not edit.

export interface ConvParams {
  n: number;
  d: number;
  h: number;
  w: number;
  c: number;
  k: number;
  t: number;
  r: number;
  s: number;
  z: number;
  p: number;
  q: number;
  strideD: number;
  strideH: number;
  strideW: number;
  padD: number;
  padH: number;
  padW: number;
  dilationD: number;
  dilationH: number;
  dilationW: number;
  groups: number;
  algorithm: number;
}

export interface MatmulParams {
  m: number;
  n: number;
  k: number;
  transposeA: number;
  transposeB: number;
}

export interface BatchMatmulParams {
  batch: number;
  batchA: number;
  batchB: number;
  m: number;
  n: number;
  k: number;
  transposeA: number;
  transposeB: number;
}

export interface PoolParams {
  n: number;
  d: number;
  h: number;
  w: number;
  c: number;
  t: number;
  r: number;
  s: number;
  z: number;
  p: number;
  q: number;
  strideD: number;
  strideH: number;
  strideW: number;
  padD: number;
  padH: number;
  padW: number;
  dilationD: number;
  dilationH: number;
  dilationW: number;
  countPadding: number;
}

export interface NormParams {
  rows: number;
  c: number;
  training: number;
  momentum: number;
  eps: number;
}

export type NoParams = Readonly<Record<string, never>>;

export interface BroadcastParams {
  shape: readonly number[];
  strideA: readonly number[];
  strideB: readonly number[];
}

export interface AffineParams {
  shape: readonly number[];
  stride: readonly number[];
  scale: number;
  shift: number;
}

export interface FillParams {
  shape: readonly number[];
  value: number;
}

export interface AccumulateParams {
  alpha: number;
  beta: number;
}

export interface ReduceParams {
  outer: number;
  size: number;
  inner: number;
  scale: number;
}

export interface AxisParams {
  outer: number;
  size: number;
  inner: number;
}

export interface VectorNormParams {
  outer: number;
  size: number;
  inner: number;
  p: number;
}

export interface CumsumParams {
  outer: number;
  size: number;
  inner: number;
  reverse: number;
}

export interface SortParams {
  outer: number;
  size: number;
  inner: number;
  count: number;
  descending: number;
}

export interface OneHotParams {
  classes: number;
}

export interface GatherParams {
  outer: number;
  size: number;
  inner: number;
  count: number;
}

export interface RowsParams {
  outer: number;
  rows: number;
  c: number;
  sources: number;
  taps: number;
  skip: number;
}

export interface SoftmaxParams {
  rows: number;
  cols: number;
}

export interface CrossEntropyParams {
  rows: number;
  classes: number;
  labelSmoothing: number;
}

export interface DropoutParams {
  probability: number;
}

export interface SgdParams {
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: number;
}

export interface AdamParams {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  decoupled: number;
}

/** What each native op takes and makes. */
export interface NativeOps {
  conv_forward: { inputs: { x: 'float'; w: 'float' }; optional: { bias: 'float' }; outputs: { y: 'float' }; params: ConvParams };
  conv_input_grad: { inputs: { dy: 'float'; w: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: ConvParams };
  conv_weight_grad: { inputs: { x: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dw: 'float' }; params: ConvParams };
  matmul: { inputs: { a: 'float'; b: 'float' }; optional: { bias: 'float' }; outputs: { y: 'float' }; params: MatmulParams };
  batch_matmul: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BatchMatmulParams };
  max_pool_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32'; index: 'uint8' }; params: PoolParams };
  max_pool_grad: { inputs: { dy: 'float32'; index: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: PoolParams };
  avg_pool_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: PoolParams };
  avg_pool_grad: { inputs: { dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: PoolParams };
  batch_norm_train: { inputs: { x: 'float32' }; optional: { weight: 'float32'; bias: 'float32'; runningMean: 'float32'; runningVar: 'float32' }; outputs: { y: 'float32'; mean: 'float32'; invstd: 'float32' }; params: NormParams };
  batch_norm_eval: { inputs: { x: 'float32'; mean: 'float32'; var: 'float32' }; optional: { weight: 'float32'; bias: 'float32' }; outputs: { y: 'float32'; invstd: 'float32' }; params: NormParams };
  batch_norm_grad: { inputs: { x: 'float32'; dy: 'float32'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32' }; outputs: { dx: 'float32'; dweight: 'float32'; dbias: 'float32' }; params: NormParams };
  relu_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: NoParams };
  relu_grad: { inputs: { y: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: NoParams };
  sigmoid_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: NoParams };
  sigmoid_grad: { inputs: { y: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: NoParams };
  tanh_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: NoParams };
  tanh_grad: { inputs: { y: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: NoParams };
  add: { inputs: { a: 'float32'; b: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: BroadcastParams };
  sub: { inputs: { a: 'float32'; b: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: BroadcastParams };
  mul: { inputs: { a: 'float32'; b: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: BroadcastParams };
  div: { inputs: { a: 'float32'; b: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: BroadcastParams };
  cast_f32: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: NoParams };
  cast_bf16: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'bfloat16' }; params: NoParams };
  cast_f16: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'float16' }; params: NoParams };
  cast_i32: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'int32' }; params: NoParams };
  cast_u8: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: NoParams };
  affine: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: AffineParams };
  affine_from_u8: { inputs: { x: 'uint8' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: AffineParams };
  fill: { inputs: Record<never, never>; optional: Record<never, never>; outputs: { y: 'float32' }; params: FillParams };
  accumulate: { inputs: { target: 'float32'; x: 'float32' }; optional: Record<never, never>; outputs: Record<never, never>; params: AccumulateParams };
  sum: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: ReduceParams };
  sum_grad: { inputs: { dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: ReduceParams };
  max: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float'; index: 'int32' }; params: AxisParams };
  min: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float'; index: 'int32' }; params: AxisParams };
  any: { inputs: { x: 'uint8' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: AxisParams };
  all: { inputs: { x: 'uint8' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: AxisParams };
  product: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: AxisParams };
  product_grad: { inputs: { x: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: AxisParams };
  log_sum_exp: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: AxisParams };
  log_sum_exp_grad: { inputs: { x: 'float32'; y: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: AxisParams };
  vector_norm: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: VectorNormParams };
  vector_norm_grad: { inputs: { x: 'float32'; y: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: VectorNormParams };
  cumsum: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: CumsumParams };
  sort: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32'; index: 'int32' }; params: SortParams };
  one_hot: { inputs: { label: 'int32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: OneHotParams };
  gather: { inputs: { x: 'float'; index: 'int32' }; optional: Record<never, never>; outputs: { y: 'float' }; params: GatherParams };
  scatter_add: { inputs: { dy: 'float'; index: 'int32' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: GatherParams };
  gather_rows: { inputs: { x: 'float'; index: 'int32' }; optional: { weight: 'float' }; outputs: { y: 'float' }; params: RowsParams };
  scatter_rows: { inputs: { dy: 'float'; index: 'int32' }; optional: { weight: 'float' }; outputs: { dx: 'float' }; params: RowsParams };
  gather_rows_weight_grad: { inputs: { x: 'float'; dy: 'float'; index: 'int32' }; optional: Record<never, never>; outputs: { dweight: 'float' }; params: RowsParams };
  softmax_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: SoftmaxParams };
  softmax_grad: { inputs: { y: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: SoftmaxParams };
  cross_entropy_forward: { inputs: { logits: 'float32'; target: 'int32' }; optional: Record<never, never>; outputs: { loss: 'float32'; logSumExp: 'float32' }; params: CrossEntropyParams };
  cross_entropy_grad: { inputs: { logits: 'float32'; target: 'int32'; logSumExp: 'float32'; dloss: 'float32' }; optional: Record<never, never>; outputs: { dlogits: 'float32' }; params: CrossEntropyParams };
  dropout_forward: { inputs: { x: 'float32'; random: 'int32' }; optional: Record<never, never>; outputs: { y: 'float32'; mask: 'uint8' }; params: DropoutParams };
  dropout_grad: { inputs: { dy: 'float32'; mask: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: DropoutParams };
  sgd: { inputs: { param: 'float32'; grad: 'float32'; lr: 'float32'; step: 'int32' }; optional: { velocity: 'float32' }; outputs: Record<never, never>; params: SgdParams };
  adam: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; lr: 'float32'; step: 'int32' }; optional: { vmax: 'float32' }; outputs: Record<never, never>; params: AdamParams };
}

/** The type of a native buffer: an element type; float, one float type for all such of a call; or any. */
export type BufferType = 'float32' | 'bfloat16' | 'float16' | 'int32' | 'uint8' | 'float' | 'any';

/** How a call of one op is laid out: its buffers in order, and the packing of its parameters into words. */
export interface OpLayout<N extends keyof NativeOps> {
  readonly id: number;
  readonly inputs: readonly (readonly [keyof NativeOps[N]['inputs'] | keyof NativeOps[N]['optional'], BufferType])[];
  readonly outputs: readonly (readonly [keyof NativeOps[N]['outputs'], BufferType])[];
  readonly pack: (params: NativeOps[N]['params'], at: number, ints: Int32Array, floats: Float32Array) => void;
}

function packConvParams(p: ConvParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.d;
  ints[at + 2] = p.h;
  ints[at + 3] = p.w;
  ints[at + 4] = p.c;
  ints[at + 5] = p.k;
  ints[at + 6] = p.t;
  ints[at + 7] = p.r;
  ints[at + 8] = p.s;
  ints[at + 9] = p.z;
  ints[at + 10] = p.p;
  ints[at + 11] = p.q;
  ints[at + 12] = p.strideD;
  ints[at + 13] = p.strideH;
  ints[at + 14] = p.strideW;
  ints[at + 15] = p.padD;
  ints[at + 16] = p.padH;
  ints[at + 17] = p.padW;
  ints[at + 18] = p.dilationD;
  ints[at + 19] = p.dilationH;
  ints[at + 20] = p.dilationW;
  ints[at + 21] = p.groups;
  ints[at + 22] = p.algorithm;
}

function packMatmulParams(p: MatmulParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.m;
  ints[at + 1] = p.n;
  ints[at + 2] = p.k;
  ints[at + 3] = p.transposeA;
  ints[at + 4] = p.transposeB;
}

function packBatchMatmulParams(p: BatchMatmulParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.batch;
  ints[at + 1] = p.batchA;
  ints[at + 2] = p.batchB;
  ints[at + 3] = p.m;
  ints[at + 4] = p.n;
  ints[at + 5] = p.k;
  ints[at + 6] = p.transposeA;
  ints[at + 7] = p.transposeB;
}

function packPoolParams(p: PoolParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.d;
  ints[at + 2] = p.h;
  ints[at + 3] = p.w;
  ints[at + 4] = p.c;
  ints[at + 5] = p.t;
  ints[at + 6] = p.r;
  ints[at + 7] = p.s;
  ints[at + 8] = p.z;
  ints[at + 9] = p.p;
  ints[at + 10] = p.q;
  ints[at + 11] = p.strideD;
  ints[at + 12] = p.strideH;
  ints[at + 13] = p.strideW;
  ints[at + 14] = p.padD;
  ints[at + 15] = p.padH;
  ints[at + 16] = p.padW;
  ints[at + 17] = p.dilationD;
  ints[at + 18] = p.dilationH;
  ints[at + 19] = p.dilationW;
  ints[at + 20] = p.countPadding;
}

function packNormParams(p: NormParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.rows;
  ints[at + 1] = p.c;
  ints[at + 2] = p.training;
  floats[at + 3] = p.momentum;
  floats[at + 4] = p.eps;
}

function packNoParams(): void {}

function packBroadcastParams(p: BroadcastParams, at: number, ints: Int32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 6 + i] = p.strideA[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 12 + i] = p.strideB[i] ?? 0;
}

function packAffineParams(p: AffineParams, at: number, ints: Int32Array, floats: Float32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 6 + i] = p.stride[i] ?? 0;
  floats[at + 12] = p.scale;
  floats[at + 13] = p.shift;
}

function packFillParams(p: FillParams, at: number, ints: Int32Array, floats: Float32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
  floats[at + 6] = p.value;
}

function packAccumulateParams(p: AccumulateParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.alpha;
  floats[at + 1] = p.beta;
}

function packReduceParams(p: ReduceParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  floats[at + 3] = p.scale;
}

function packAxisParams(p: AxisParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
}

function packVectorNormParams(p: VectorNormParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  floats[at + 3] = p.p;
}

function packCumsumParams(p: CumsumParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  ints[at + 3] = p.reverse;
}

function packSortParams(p: SortParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  ints[at + 3] = p.count;
  ints[at + 4] = p.descending;
}

function packOneHotParams(p: OneHotParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.classes;
}

function packGatherParams(p: GatherParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  ints[at + 3] = p.count;
}

function packRowsParams(p: RowsParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.rows;
  ints[at + 2] = p.c;
  ints[at + 3] = p.sources;
  ints[at + 4] = p.taps;
  ints[at + 5] = p.skip;
}

function packSoftmaxParams(p: SoftmaxParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.rows;
  ints[at + 1] = p.cols;
}

function packCrossEntropyParams(p: CrossEntropyParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.rows;
  ints[at + 1] = p.classes;
  floats[at + 2] = p.labelSmoothing;
}

function packDropoutParams(p: DropoutParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.probability;
}

function packSgdParams(p: SgdParams, at: number, ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.momentum;
  floats[at + 1] = p.dampening;
  floats[at + 2] = p.weightDecay;
  ints[at + 3] = p.nesterov;
}

function packAdamParams(p: AdamParams, at: number, ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.beta1;
  floats[at + 1] = p.beta2;
  floats[at + 2] = p.eps;
  floats[at + 3] = p.weightDecay;
  ints[at + 4] = p.decoupled;
}

export const nativeOps: { readonly [N in keyof NativeOps]: OpLayout<N> } = {
  conv_forward: { id: 0, inputs: [['x', 'float'], ['w', 'float'], ['bias', 'float']], outputs: [['y', 'float']], pack: packConvParams },
  conv_input_grad: { id: 1, inputs: [['dy', 'float'], ['w', 'float']], outputs: [['dx', 'float']], pack: packConvParams },
  conv_weight_grad: { id: 2, inputs: [['x', 'float'], ['dy', 'float']], outputs: [['dw', 'float']], pack: packConvParams },
  matmul: { id: 3, inputs: [['a', 'float'], ['b', 'float'], ['bias', 'float']], outputs: [['y', 'float']], pack: packMatmulParams },
  batch_matmul: { id: 4, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBatchMatmulParams },
  max_pool_forward: { id: 5, inputs: [['x', 'float32']], outputs: [['y', 'float32'], ['index', 'uint8']], pack: packPoolParams },
  max_pool_grad: { id: 6, inputs: [['dy', 'float32'], ['index', 'uint8']], outputs: [['dx', 'float32']], pack: packPoolParams },
  avg_pool_forward: { id: 7, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packPoolParams },
  avg_pool_grad: { id: 8, inputs: [['dy', 'float32']], outputs: [['dx', 'float32']], pack: packPoolParams },
  batch_norm_train: { id: 9, inputs: [['x', 'float32'], ['weight', 'float32'], ['bias', 'float32'], ['runningMean', 'float32'], ['runningVar', 'float32']], outputs: [['y', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_eval: { id: 10, inputs: [['x', 'float32'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['var', 'float32']], outputs: [['y', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_grad: { id: 11, inputs: [['x', 'float32'], ['dy', 'float32'], ['weight', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float32'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packNormParams },
  relu_forward: { id: 12, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packNoParams },
  relu_grad: { id: 13, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packNoParams },
  sigmoid_forward: { id: 14, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packNoParams },
  sigmoid_grad: { id: 15, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packNoParams },
  tanh_forward: { id: 16, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packNoParams },
  tanh_grad: { id: 17, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packNoParams },
  add: { id: 18, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  sub: { id: 19, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  mul: { id: 20, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  div: { id: 21, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  cast_f32: { id: 22, inputs: [['x', 'any']], outputs: [['y', 'float32']], pack: packNoParams },
  cast_bf16: { id: 23, inputs: [['x', 'any']], outputs: [['y', 'bfloat16']], pack: packNoParams },
  cast_f16: { id: 24, inputs: [['x', 'any']], outputs: [['y', 'float16']], pack: packNoParams },
  cast_i32: { id: 25, inputs: [['x', 'any']], outputs: [['y', 'int32']], pack: packNoParams },
  cast_u8: { id: 26, inputs: [['x', 'any']], outputs: [['y', 'uint8']], pack: packNoParams },
  affine: { id: 27, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packAffineParams },
  affine_from_u8: { id: 28, inputs: [['x', 'uint8']], outputs: [['y', 'float32']], pack: packAffineParams },
  fill: { id: 29, inputs: [], outputs: [['y', 'float32']], pack: packFillParams },
  accumulate: { id: 30, inputs: [['target', 'float32'], ['x', 'float32']], outputs: [], pack: packAccumulateParams },
  sum: { id: 31, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packReduceParams },
  sum_grad: { id: 32, inputs: [['dy', 'float']], outputs: [['dx', 'float']], pack: packReduceParams },
  max: { id: 33, inputs: [['x', 'float']], outputs: [['y', 'float'], ['index', 'int32']], pack: packAxisParams },
  min: { id: 34, inputs: [['x', 'float']], outputs: [['y', 'float'], ['index', 'int32']], pack: packAxisParams },
  any: { id: 35, inputs: [['x', 'uint8']], outputs: [['y', 'uint8']], pack: packAxisParams },
  all: { id: 36, inputs: [['x', 'uint8']], outputs: [['y', 'uint8']], pack: packAxisParams },
  product: { id: 37, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packAxisParams },
  product_grad: { id: 38, inputs: [['x', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packAxisParams },
  log_sum_exp: { id: 39, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packAxisParams },
  log_sum_exp_grad: { id: 40, inputs: [['x', 'float32'], ['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packAxisParams },
  vector_norm: { id: 41, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packVectorNormParams },
  vector_norm_grad: { id: 42, inputs: [['x', 'float32'], ['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packVectorNormParams },
  cumsum: { id: 43, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packCumsumParams },
  sort: { id: 44, inputs: [['x', 'float32']], outputs: [['y', 'float32'], ['index', 'int32']], pack: packSortParams },
  one_hot: { id: 45, inputs: [['label', 'int32']], outputs: [['y', 'float32']], pack: packOneHotParams },
  gather: { id: 46, inputs: [['x', 'float'], ['index', 'int32']], outputs: [['y', 'float']], pack: packGatherParams },
  scatter_add: { id: 47, inputs: [['dy', 'float'], ['index', 'int32']], outputs: [['dx', 'float']], pack: packGatherParams },
  gather_rows: { id: 48, inputs: [['x', 'float'], ['index', 'int32'], ['weight', 'float']], outputs: [['y', 'float']], pack: packRowsParams },
  scatter_rows: { id: 49, inputs: [['dy', 'float'], ['index', 'int32'], ['weight', 'float']], outputs: [['dx', 'float']], pack: packRowsParams },
  gather_rows_weight_grad: { id: 50, inputs: [['x', 'float'], ['dy', 'float'], ['index', 'int32']], outputs: [['dweight', 'float']], pack: packRowsParams },
  softmax_forward: { id: 51, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packSoftmaxParams },
  softmax_grad: { id: 52, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packSoftmaxParams },
  cross_entropy_forward: { id: 53, inputs: [['logits', 'float32'], ['target', 'int32']], outputs: [['loss', 'float32'], ['logSumExp', 'float32']], pack: packCrossEntropyParams },
  cross_entropy_grad: { id: 54, inputs: [['logits', 'float32'], ['target', 'int32'], ['logSumExp', 'float32'], ['dloss', 'float32']], outputs: [['dlogits', 'float32']], pack: packCrossEntropyParams },
  dropout_forward: { id: 55, inputs: [['x', 'float32'], ['random', 'int32']], outputs: [['y', 'float32'], ['mask', 'uint8']], pack: packDropoutParams },
  dropout_grad: { id: 56, inputs: [['dy', 'float32'], ['mask', 'uint8']], outputs: [['dx', 'float32']], pack: packDropoutParams },
  sgd: { id: 57, inputs: [['param', 'float32'], ['grad', 'float32'], ['velocity', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packSgdParams },
  adam: { id: 58, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['vmax', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAdamParams },
};
