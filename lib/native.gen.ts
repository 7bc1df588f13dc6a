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
  afterD: number;
  afterH: number;
  afterW: number;
  countPadding: number;
  divisor: number;
  norm: number;
}

export interface NormParams {
  rows: number;
  c: number;
  training: number;
  relu: number;
  momentum: number;
  eps: number;
}

export interface GroupNormParams {
  n: number;
  s: number;
  g: number;
  c: number;
  centred: number;
  eps: number;
}

/** The place of each UnaryFunction in its list. */
export const unaryFunctions = { relu: 0, leakyRelu: 1, elu: 2, selu: 3, hardtanh: 4, hardswish: 5, hardsigmoid: 6, gelu: 7, geluTanh: 8, silu: 9, mish: 10, softplus: 11, softsign: 12, logSigmoid: 13, sigmoid: 14, tanh: 15, tanhshrink: 16, softshrink: 17, hardshrink: 18, threshold: 19, exp: 20, expm1: 21, log: 22, log1p: 23, sqrt: 24, rsqrt: 25, square: 26, reciprocal: 27, power: 28, abs: 29, sign: 30, floor: 31, ceil: 32, round: 33, clamp: 34, sin: 35, cos: 36, erf: 37 } as const;
export type UnaryFunction = keyof typeof unaryFunctions;

export interface UnaryParams {
  function: UnaryFunction;
  alpha: number;
  beta: number;
}

export interface BroadcastParams {
  shape: readonly number[];
  strideA: readonly number[];
  strideB: readonly number[];
}

export type NoParams = Readonly<Record<string, never>>;

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

export interface StridedParams {
  shape: readonly number[];
  stride: readonly number[];
  reversed: readonly number[];
}

export interface ShapeParams {
  shape: readonly number[];
}

export interface ReduceParams {
  outer: number;
  size: number;
  inner: number;
  scale: number;
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
  ignores: number;
  ignoreIndex: number;
  normalised: number;
}

export interface DropoutParams {
  probability: number;
}

export interface SgdParams {
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: number;
  direction: number;
}

export interface AdamParams {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  decoupled: number;
  direction: number;
}

export interface AdamaxParams {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  direction: number;
}

export interface NadamParams {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  momentumDecay: number;
  repeatMu: number;
  direction: number;
}

export interface RadamParams {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  direction: number;
}

export interface RmspropParams {
  alpha: number;
  eps: number;
  weightDecay: number;
  momentum: number;
  direction: number;
}

export interface AdagradParams {
  lrDecay: number;
  eps: number;
  weightDecay: number;
  direction: number;
}

export interface AdadeltaParams {
  rho: number;
  eps: number;
  weightDecay: number;
  direction: number;
}

export interface AsgdParams {
  lambda: number;
  alpha: number;
  averageFrom: number;
  weightDecay: number;
  direction: number;
}

export interface RpropParams {
  etaMinus: number;
  etaPlus: number;
  least: number;
  most: number;
  direction: number;
}

export interface RoiParams {
  n: number;
  h: number;
  w: number;
  k: number;
  bins: number;
  r: number;
  p: number;
  q: number;
  spatialScale: number;
  samplingRatio: number;
  aligned: number;
  wholePixels: number;
}

export interface NmsParams {
  n: number;
  iouThreshold: number;
}

/** What each native op takes and makes. */
export interface NativeOps {
  conv_forward: { inputs: { x: 'float'; w: 'float' }; optional: { bias: 'float' }; outputs: { y: 'float' }; params: ConvParams };
  conv_input_grad: { inputs: { dy: 'float'; w: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: ConvParams };
  conv_weight_grad: { inputs: { x: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dw: 'float' }; params: ConvParams };
  matmul: { inputs: { a: 'float'; b: 'float' }; optional: { bias: 'float' }; outputs: { y: 'float' }; params: MatmulParams };
  max_pool_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float'; index: 'uint8' }; params: PoolParams };
  max_pool_grad: { inputs: { dy: 'float'; index: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: PoolParams };
  max_pool_gather: { inputs: { x: 'float'; index: 'uint8' }; optional: Record<never, never>; outputs: { y: 'float' }; params: PoolParams };
  avg_pool_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: PoolParams };
  avg_pool_grad: { inputs: { dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: PoolParams };
  batch_norm_train: { inputs: { x: 'float' }; optional: { residual: 'float'; weight: 'float32'; bias: 'float32'; runningMean: 'float32'; runningVar: 'float32' }; outputs: { y: 'float'; mean: 'float32'; invstd: 'float32' }; params: NormParams };
  batch_norm_eval: { inputs: { x: 'float'; mean: 'float32'; var: 'float32' }; optional: { residual: 'float'; weight: 'float32'; bias: 'float32' }; outputs: { y: 'float'; invstd: 'float32' }; params: NormParams };
  batch_norm_grad: { inputs: { x: 'float'; dy: 'float'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32'; bias: 'float32' }; outputs: { dx: 'float'; dweight: 'float32'; dbias: 'float32' }; params: NormParams };
  batch_norm_add_relu_grad: { inputs: { x: 'float'; y: 'float'; dy: 'float'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32' }; outputs: { dx: 'float'; dresidual: 'float'; dweight: 'float32'; dbias: 'float32' }; params: NormParams };
  group_norm_forward: { inputs: { x: 'float' }; optional: { weight: 'float32'; bias: 'float32' }; outputs: { y: 'float'; mean: 'float32'; invstd: 'float32' }; params: GroupNormParams };
  group_norm_grad: { inputs: { x: 'float'; dy: 'float'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32' }; outputs: { dx: 'float'; dweight: 'float32'; dbias: 'float32' }; params: GroupNormParams };
  unary_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: UnaryParams };
  unary_grad: { inputs: { saved: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: UnaryParams };
  unary_second_grad: { inputs: { saved: 'float'; dy: 'float'; ddx: 'float' }; optional: Record<never, never>; outputs: { dsaved: 'float' }; params: UnaryParams };
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
  copy: { inputs: { x: 'same' }; optional: Record<never, never>; outputs: { y: 'same' }; params: StridedParams };
  place: { inputs: { target: 'same'; x: 'same' }; optional: Record<never, never>; outputs: Record<never, never>; params: StridedParams };
  full_like: { inputs: { like: 'same' }; optional: Record<never, never>; outputs: { y: 'same' }; params: FillParams };
  empty_like: { inputs: { like: 'same' }; optional: Record<never, never>; outputs: { y: 'same' }; params: ShapeParams };
  sum: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: ReduceParams };
  argmax: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { index: 'int32' }; params: ReduceParams };
  gather: { inputs: { x: 'float'; index: 'int32' }; optional: Record<never, never>; outputs: { y: 'float' }; params: GatherParams };
  scatter_add: { inputs: { dy: 'float'; index: 'int32' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: GatherParams };
  gather_rows: { inputs: { x: 'float'; index: 'int32' }; optional: { weight: 'float' }; outputs: { y: 'float' }; params: RowsParams };
  scatter_rows: { inputs: { dy: 'float'; index: 'int32' }; optional: { weight: 'float' }; outputs: { dx: 'float' }; params: RowsParams };
  gather_rows_weight_grad: { inputs: { x: 'float'; dy: 'float'; index: 'int32' }; optional: Record<never, never>; outputs: { dweight: 'float' }; params: RowsParams };
  softmax_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: SoftmaxParams };
  softmax_grad: { inputs: { y: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: SoftmaxParams };
  cross_entropy_forward: { inputs: { logits: 'float32'; target: 'int32' }; optional: { weight: 'float32' }; outputs: { loss: 'float32'; logSumExp: 'float32'; total: 'float32'; share: 'float32' }; params: CrossEntropyParams };
  cross_entropy_grad: { inputs: { logits: 'float32'; target: 'int32'; logSumExp: 'float32'; total: 'float32'; dloss: 'float32' }; optional: { weight: 'float32' }; outputs: { dlogits: 'float32' }; params: CrossEntropyParams };
  soft_cross_entropy_forward: { inputs: { logits: 'float32'; target: 'float32' }; optional: { weight: 'float32' }; outputs: { loss: 'float32'; logSumExp: 'float32'; total: 'float32' }; params: CrossEntropyParams };
  soft_cross_entropy_grad: { inputs: { logits: 'float32'; target: 'float32'; logSumExp: 'float32'; total: 'float32'; dloss: 'float32' }; optional: { weight: 'float32' }; outputs: { dlogits: 'float32'; dtarget: 'float32' }; params: CrossEntropyParams };
  dropout_forward: { inputs: { x: 'float32'; random: 'int32' }; optional: Record<never, never>; outputs: { y: 'float32'; mask: 'uint8' }; params: DropoutParams };
  dropout_grad: { inputs: { dy: 'float32'; mask: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: DropoutParams };
  sgd: { inputs: { param: 'float32'; grad: 'float32'; lr: 'float32'; step: 'int32' }; optional: { velocity: 'float32' }; outputs: Record<never, never>; params: SgdParams };
  adam: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; lr: 'float32'; step: 'int32' }; optional: { vmax: 'float32' }; outputs: Record<never, never>; params: AdamParams };
  adamax: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; largest: 'float32'; lr: 'float32'; step: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: AdamaxParams };
  nadam: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; muProduct: 'float32'; lr: 'float32'; step: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: NadamParams };
  radam: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; lr: 'float32'; step: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: RadamParams };
  rmsprop: { inputs: { param: 'float32'; grad: 'float32'; square: 'float32'; lr: 'float32'; step: 'int32' }; optional: { mean: 'float32'; velocity: 'float32' }; outputs: Record<never, never>; params: RmspropParams };
  adagrad: { inputs: { param: 'float32'; grad: 'float32'; sum: 'float32'; lr: 'float32'; step: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: AdagradParams };
  adadelta: { inputs: { param: 'float32'; grad: 'float32'; square: 'float32'; change: 'float32'; lr: 'float32'; step: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: AdadeltaParams };
  asgd: { inputs: { param: 'float32'; grad: 'float32'; average: 'float32'; lr: 'float32'; step: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: AsgdParams };
  rprop: { inputs: { param: 'float32'; grad: 'float32'; previous: 'float32'; size: 'float32'; lr: 'float32'; step: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: RpropParams };
  roi_align_forward: { inputs: { x: 'float'; rois: 'float32' }; optional: Record<never, never>; outputs: { y: 'float' }; params: RoiParams };
  roi_align_grad: { inputs: { dy: 'float'; rois: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: RoiParams };
  nms: { inputs: { boxes: 'float32'; order: 'int32' }; optional: { group: 'int32' }; outputs: { keep: 'uint8' }; params: NmsParams };
}

/** The type of a native buffer: an element type; float or same, one float type or one type for all such of a call; or any. */
export type BufferType = 'float32' | 'bfloat16' | 'float16' | 'int32' | 'uint8' | 'float' | 'same' | 'any';

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

function packPoolParams(p: PoolParams, at: number, ints: Int32Array, floats: Float32Array): void {
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
  ints[at + 20] = p.afterD;
  ints[at + 21] = p.afterH;
  ints[at + 22] = p.afterW;
  ints[at + 23] = p.countPadding;
  floats[at + 24] = p.divisor;
  floats[at + 25] = p.norm;
}

function packNormParams(p: NormParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.rows;
  ints[at + 1] = p.c;
  ints[at + 2] = p.training;
  ints[at + 3] = p.relu;
  floats[at + 4] = p.momentum;
  floats[at + 5] = p.eps;
}

function packGroupNormParams(p: GroupNormParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.s;
  ints[at + 2] = p.g;
  ints[at + 3] = p.c;
  ints[at + 4] = p.centred;
  floats[at + 5] = p.eps;
}

function packUnaryParams(p: UnaryParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = unaryFunctions[p.function];
  floats[at + 1] = p.alpha;
  floats[at + 2] = p.beta;
}

function packBroadcastParams(p: BroadcastParams, at: number, ints: Int32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 6 + i] = p.strideA[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 12 + i] = p.strideB[i] ?? 0;
}

function packNoParams(): void {}

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

function packStridedParams(p: StridedParams, at: number, ints: Int32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 6 + i] = p.stride[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 12 + i] = p.reversed[i] ?? 0;
}

function packShapeParams(p: ShapeParams, at: number, ints: Int32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
}

function packReduceParams(p: ReduceParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  floats[at + 3] = p.scale;
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
  ints[at + 3] = p.ignores;
  ints[at + 4] = p.ignoreIndex;
  ints[at + 5] = p.normalised;
}

function packDropoutParams(p: DropoutParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.probability;
}

function packSgdParams(p: SgdParams, at: number, ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.momentum;
  floats[at + 1] = p.dampening;
  floats[at + 2] = p.weightDecay;
  ints[at + 3] = p.nesterov;
  floats[at + 4] = p.direction;
}

function packAdamParams(p: AdamParams, at: number, ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.beta1;
  floats[at + 1] = p.beta2;
  floats[at + 2] = p.eps;
  floats[at + 3] = p.weightDecay;
  ints[at + 4] = p.decoupled;
  floats[at + 5] = p.direction;
}

function packAdamaxParams(p: AdamaxParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.beta1;
  floats[at + 1] = p.beta2;
  floats[at + 2] = p.eps;
  floats[at + 3] = p.weightDecay;
  floats[at + 4] = p.direction;
}

function packNadamParams(p: NadamParams, at: number, ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.beta1;
  floats[at + 1] = p.beta2;
  floats[at + 2] = p.eps;
  floats[at + 3] = p.weightDecay;
  floats[at + 4] = p.momentumDecay;
  ints[at + 5] = p.repeatMu;
  floats[at + 6] = p.direction;
}

function packRadamParams(p: RadamParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.beta1;
  floats[at + 1] = p.beta2;
  floats[at + 2] = p.eps;
  floats[at + 3] = p.weightDecay;
  floats[at + 4] = p.direction;
}

function packRmspropParams(p: RmspropParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.alpha;
  floats[at + 1] = p.eps;
  floats[at + 2] = p.weightDecay;
  floats[at + 3] = p.momentum;
  floats[at + 4] = p.direction;
}

function packAdagradParams(p: AdagradParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.lrDecay;
  floats[at + 1] = p.eps;
  floats[at + 2] = p.weightDecay;
  floats[at + 3] = p.direction;
}

function packAdadeltaParams(p: AdadeltaParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.rho;
  floats[at + 1] = p.eps;
  floats[at + 2] = p.weightDecay;
  floats[at + 3] = p.direction;
}

function packAsgdParams(p: AsgdParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.lambda;
  floats[at + 1] = p.alpha;
  floats[at + 2] = p.averageFrom;
  floats[at + 3] = p.weightDecay;
  floats[at + 4] = p.direction;
}

function packRpropParams(p: RpropParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.etaMinus;
  floats[at + 1] = p.etaPlus;
  floats[at + 2] = p.least;
  floats[at + 3] = p.most;
  floats[at + 4] = p.direction;
}

function packRoiParams(p: RoiParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.k;
  ints[at + 4] = p.bins;
  ints[at + 5] = p.r;
  ints[at + 6] = p.p;
  ints[at + 7] = p.q;
  floats[at + 8] = p.spatialScale;
  ints[at + 9] = p.samplingRatio;
  ints[at + 10] = p.aligned;
  ints[at + 11] = p.wholePixels;
}

function packNmsParams(p: NmsParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  floats[at + 1] = p.iouThreshold;
}

export const nativeOps: { readonly [N in keyof NativeOps]: OpLayout<N> } = {
  conv_forward: { id: 0, inputs: [['x', 'float'], ['w', 'float'], ['bias', 'float']], outputs: [['y', 'float']], pack: packConvParams },
  conv_input_grad: { id: 1, inputs: [['dy', 'float'], ['w', 'float']], outputs: [['dx', 'float']], pack: packConvParams },
  conv_weight_grad: { id: 2, inputs: [['x', 'float'], ['dy', 'float']], outputs: [['dw', 'float']], pack: packConvParams },
  matmul: { id: 3, inputs: [['a', 'float'], ['b', 'float'], ['bias', 'float']], outputs: [['y', 'float']], pack: packMatmulParams },
  max_pool_forward: { id: 4, inputs: [['x', 'float']], outputs: [['y', 'float'], ['index', 'uint8']], pack: packPoolParams },
  max_pool_grad: { id: 5, inputs: [['dy', 'float'], ['index', 'uint8']], outputs: [['dx', 'float']], pack: packPoolParams },
  max_pool_gather: { id: 6, inputs: [['x', 'float'], ['index', 'uint8']], outputs: [['y', 'float']], pack: packPoolParams },
  avg_pool_forward: { id: 7, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packPoolParams },
  avg_pool_grad: { id: 8, inputs: [['dy', 'float']], outputs: [['dx', 'float']], pack: packPoolParams },
  batch_norm_train: { id: 9, inputs: [['x', 'float'], ['residual', 'float'], ['weight', 'float32'], ['bias', 'float32'], ['runningMean', 'float32'], ['runningVar', 'float32']], outputs: [['y', 'float'], ['mean', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_eval: { id: 10, inputs: [['x', 'float'], ['residual', 'float'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['var', 'float32']], outputs: [['y', 'float'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_grad: { id: 11, inputs: [['x', 'float'], ['dy', 'float'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packNormParams },
  batch_norm_add_relu_grad: { id: 12, inputs: [['x', 'float'], ['y', 'float'], ['dy', 'float'], ['weight', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float'], ['dresidual', 'float'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packNormParams },
  group_norm_forward: { id: 13, inputs: [['x', 'float'], ['weight', 'float32'], ['bias', 'float32']], outputs: [['y', 'float'], ['mean', 'float32'], ['invstd', 'float32']], pack: packGroupNormParams },
  group_norm_grad: { id: 14, inputs: [['x', 'float'], ['dy', 'float'], ['weight', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packGroupNormParams },
  unary_forward: { id: 15, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packUnaryParams },
  unary_grad: { id: 16, inputs: [['saved', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packUnaryParams },
  unary_second_grad: { id: 17, inputs: [['saved', 'float'], ['dy', 'float'], ['ddx', 'float']], outputs: [['dsaved', 'float']], pack: packUnaryParams },
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
  copy: { id: 31, inputs: [['x', 'same']], outputs: [['y', 'same']], pack: packStridedParams },
  place: { id: 32, inputs: [['target', 'same'], ['x', 'same']], outputs: [], pack: packStridedParams },
  full_like: { id: 33, inputs: [['like', 'same']], outputs: [['y', 'same']], pack: packFillParams },
  empty_like: { id: 34, inputs: [['like', 'same']], outputs: [['y', 'same']], pack: packShapeParams },
  sum: { id: 35, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packReduceParams },
  argmax: { id: 36, inputs: [['x', 'float32']], outputs: [['index', 'int32']], pack: packReduceParams },
  gather: { id: 37, inputs: [['x', 'float'], ['index', 'int32']], outputs: [['y', 'float']], pack: packGatherParams },
  scatter_add: { id: 38, inputs: [['dy', 'float'], ['index', 'int32']], outputs: [['dx', 'float']], pack: packGatherParams },
  gather_rows: { id: 39, inputs: [['x', 'float'], ['index', 'int32'], ['weight', 'float']], outputs: [['y', 'float']], pack: packRowsParams },
  scatter_rows: { id: 40, inputs: [['dy', 'float'], ['index', 'int32'], ['weight', 'float']], outputs: [['dx', 'float']], pack: packRowsParams },
  gather_rows_weight_grad: { id: 41, inputs: [['x', 'float'], ['dy', 'float'], ['index', 'int32']], outputs: [['dweight', 'float']], pack: packRowsParams },
  softmax_forward: { id: 42, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packSoftmaxParams },
  softmax_grad: { id: 43, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packSoftmaxParams },
  cross_entropy_forward: { id: 44, inputs: [['logits', 'float32'], ['target', 'int32'], ['weight', 'float32']], outputs: [['loss', 'float32'], ['logSumExp', 'float32'], ['total', 'float32'], ['share', 'float32']], pack: packCrossEntropyParams },
  cross_entropy_grad: { id: 45, inputs: [['logits', 'float32'], ['target', 'int32'], ['weight', 'float32'], ['logSumExp', 'float32'], ['total', 'float32'], ['dloss', 'float32']], outputs: [['dlogits', 'float32']], pack: packCrossEntropyParams },
  soft_cross_entropy_forward: { id: 46, inputs: [['logits', 'float32'], ['target', 'float32'], ['weight', 'float32']], outputs: [['loss', 'float32'], ['logSumExp', 'float32'], ['total', 'float32']], pack: packCrossEntropyParams },
  soft_cross_entropy_grad: { id: 47, inputs: [['logits', 'float32'], ['target', 'float32'], ['weight', 'float32'], ['logSumExp', 'float32'], ['total', 'float32'], ['dloss', 'float32']], outputs: [['dlogits', 'float32'], ['dtarget', 'float32']], pack: packCrossEntropyParams },
  dropout_forward: { id: 48, inputs: [['x', 'float32'], ['random', 'int32']], outputs: [['y', 'float32'], ['mask', 'uint8']], pack: packDropoutParams },
  dropout_grad: { id: 49, inputs: [['dy', 'float32'], ['mask', 'uint8']], outputs: [['dx', 'float32']], pack: packDropoutParams },
  sgd: { id: 50, inputs: [['param', 'float32'], ['grad', 'float32'], ['velocity', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packSgdParams },
  adam: { id: 51, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['vmax', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAdamParams },
  adamax: { id: 52, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['largest', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAdamaxParams },
  nadam: { id: 53, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['muProduct', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packNadamParams },
  radam: { id: 54, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packRadamParams },
  rmsprop: { id: 55, inputs: [['param', 'float32'], ['grad', 'float32'], ['square', 'float32'], ['mean', 'float32'], ['velocity', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packRmspropParams },
  adagrad: { id: 56, inputs: [['param', 'float32'], ['grad', 'float32'], ['sum', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAdagradParams },
  adadelta: { id: 57, inputs: [['param', 'float32'], ['grad', 'float32'], ['square', 'float32'], ['change', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAdadeltaParams },
  asgd: { id: 58, inputs: [['param', 'float32'], ['grad', 'float32'], ['average', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAsgdParams },
  rprop: { id: 59, inputs: [['param', 'float32'], ['grad', 'float32'], ['previous', 'float32'], ['size', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packRpropParams },
  roi_align_forward: { id: 60, inputs: [['x', 'float'], ['rois', 'float32']], outputs: [['y', 'float']], pack: packRoiParams },
  roi_align_grad: { id: 61, inputs: [['dy', 'float'], ['rois', 'float32']], outputs: [['dx', 'float']], pack: packRoiParams },
  nms: { id: 62, inputs: [['boxes', 'float32'], ['order', 'int32'], ['group', 'int32']], outputs: [['keep', 'uint8']], pack: packNmsParams },
};
