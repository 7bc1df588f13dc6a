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
  countPadding: number;
}

export interface NormParams {
  rows: number;
  c: number;
  training: number;
  momentum: number;
  eps: number;
}

/** The place of each UnaryFunction in its list. */
export const unaryFunctions = { relu: 0, leakyRelu: 1, elu: 2, selu: 3, hardtanh: 4, hardswish: 5, hardsigmoid: 6, gelu: 7, geluTanh: 8, silu: 9, mish: 10, softplus: 11, softsign: 12, logSigmoid: 13, sigmoid: 14, tanh: 15, tanhshrink: 16, softshrink: 17, hardshrink: 18, threshold: 19, exp: 20, expm1: 21, log: 22, log1p: 23, sqrt: 24, rsqrt: 25, square: 26, cube: 27, reciprocal: 28, power: 29, abs: 30, sign: 31, floor: 32, ceil: 33, round: 34, clamp: 35, sin: 36, cos: 37, erf: 38 } as const;
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

export interface TernaryParams {
  shape: readonly number[];
  strideA: readonly number[];
  strideB: readonly number[];
  strideC: readonly number[];
}

/** The place of each CompareRelation in its list. */
export const compareRelations = { equal: 0, notEqual: 1, less: 2, lessEqual: 3 } as const;
export type CompareRelation = keyof typeof compareRelations;

export interface CompareParams {
  relation: CompareRelation;
  shape: readonly number[];
  strideA: readonly number[];
  strideB: readonly number[];
}

/** The place of each LogicalConnective in its list. */
export const logicalConnectives = { conjunction: 0, disjunction: 1, exclusion: 2 } as const;
export type LogicalConnective = keyof typeof logicalConnectives;

export interface LogicalParams {
  connective: LogicalConnective;
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

export interface ReduceParams {
  outer: number;
  size: number;
  inner: number;
  scale: number;
}

export interface SoftmaxParams {
  outer: number;
  size: number;
  inner: number;
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
  conv_forward: { inputs: { x: 'float32'; w: 'float32' }; optional: { bias: 'float32' }; outputs: { y: 'float32' }; params: ConvParams };
  conv_input_grad: { inputs: { dy: 'float32'; w: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: ConvParams };
  conv_weight_grad: { inputs: { x: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dw: 'float32' }; params: ConvParams };
  matmul: { inputs: { a: 'float32'; b: 'float32' }; optional: { bias: 'float32' }; outputs: { y: 'float32' }; params: MatmulParams };
  max_pool_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32'; index: 'uint8' }; params: PoolParams };
  max_pool_grad: { inputs: { dy: 'float32'; index: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: PoolParams };
  avg_pool_forward: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: PoolParams };
  avg_pool_grad: { inputs: { dy: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: PoolParams };
  batch_norm_train: { inputs: { x: 'float32' }; optional: { weight: 'float32'; bias: 'float32'; runningMean: 'float32'; runningVar: 'float32' }; outputs: { y: 'float32'; mean: 'float32'; invstd: 'float32' }; params: NormParams };
  batch_norm_eval: { inputs: { x: 'float32'; mean: 'float32'; var: 'float32' }; optional: { weight: 'float32'; bias: 'float32' }; outputs: { y: 'float32'; invstd: 'float32' }; params: NormParams };
  batch_norm_grad: { inputs: { x: 'float32'; dy: 'float32'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32' }; outputs: { dx: 'float32'; dweight: 'float32'; dbias: 'float32' }; params: NormParams };
  unary_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: UnaryParams };
  unary_grad: { inputs: { saved: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: UnaryParams };
  unary_second_grad: { inputs: { saved: 'float'; dy: 'float'; ddx: 'float' }; optional: Record<never, never>; outputs: { dsaved: 'float' }; params: UnaryParams };
  add: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  sub: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  mul: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  div: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  power: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  maximum: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  minimum: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  prelu_forward: { inputs: { x: 'float'; weight: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BroadcastParams };
  maximum_grad: { inputs: { a: 'float'; b: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { da: 'float' }; params: TernaryParams };
  where: { inputs: { condition: 'uint8'; a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: TernaryParams };
  compare: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: CompareParams };
  compare_i32: { inputs: { a: 'int32'; b: 'int32' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: CompareParams };
  logical: { inputs: { a: 'uint8'; b: 'uint8' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: LogicalParams };
  logical_not: { inputs: { x: 'uint8' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: NoParams };
  cast_f32: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: NoParams };
  cast_bf16: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'bfloat16' }; params: NoParams };
  cast_f16: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'float16' }; params: NoParams };
  cast_i32: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'int32' }; params: NoParams };
  cast_u8: { inputs: { x: 'any' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: NoParams };
  affine: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: AffineParams };
  affine_from_u8: { inputs: { x: 'uint8' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: AffineParams };
  fill: { inputs: Record<never, never>; optional: Record<never, never>; outputs: { y: 'float32' }; params: FillParams };
  accumulate: { inputs: { target: 'float'; x: 'float' }; optional: Record<never, never>; outputs: Record<never, never>; params: AccumulateParams };
  sum: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: ReduceParams };
  argmax: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { index: 'int32' }; params: ReduceParams };
  softmax_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: SoftmaxParams };
  softmax_grad: { inputs: { y: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: SoftmaxParams };
  log_softmax_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: SoftmaxParams };
  log_softmax_grad: { inputs: { y: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: SoftmaxParams };
  cross_entropy_forward: { inputs: { logits: 'float32'; target: 'int32' }; optional: Record<never, never>; outputs: { loss: 'float32'; logSumExp: 'float32' }; params: CrossEntropyParams };
  cross_entropy_grad: { inputs: { logits: 'float32'; target: 'int32'; logSumExp: 'float32'; dloss: 'float32' }; optional: Record<never, never>; outputs: { dlogits: 'float32' }; params: CrossEntropyParams };
  dropout_forward: { inputs: { x: 'float'; random: 'int32' }; optional: Record<never, never>; outputs: { y: 'float'; mask: 'uint8' }; params: DropoutParams };
  dropout_grad: { inputs: { dy: 'float'; mask: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: DropoutParams };
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
}

function packMatmulParams(p: MatmulParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.m;
  ints[at + 1] = p.n;
  ints[at + 2] = p.k;
  ints[at + 3] = p.transposeA;
  ints[at + 4] = p.transposeB;
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

function packTernaryParams(p: TernaryParams, at: number, ints: Int32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 6 + i] = p.strideA[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 12 + i] = p.strideB[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 18 + i] = p.strideC[i] ?? 0;
}

function packCompareParams(p: CompareParams, at: number, ints: Int32Array): void {
  ints[at + 0] = compareRelations[p.relation];
  for (let i = 0; i < 6; i++) ints[at + 1 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 7 + i] = p.strideA[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 13 + i] = p.strideB[i] ?? 0;
}

function packLogicalParams(p: LogicalParams, at: number, ints: Int32Array): void {
  ints[at + 0] = logicalConnectives[p.connective];
  for (let i = 0; i < 6; i++) ints[at + 1 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 7 + i] = p.strideA[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 13 + i] = p.strideB[i] ?? 0;
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

function packReduceParams(p: ReduceParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  floats[at + 3] = p.scale;
}

function packSoftmaxParams(p: SoftmaxParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
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
  conv_forward: { id: 0, inputs: [['x', 'float32'], ['w', 'float32'], ['bias', 'float32']], outputs: [['y', 'float32']], pack: packConvParams },
  conv_input_grad: { id: 1, inputs: [['dy', 'float32'], ['w', 'float32']], outputs: [['dx', 'float32']], pack: packConvParams },
  conv_weight_grad: { id: 2, inputs: [['x', 'float32'], ['dy', 'float32']], outputs: [['dw', 'float32']], pack: packConvParams },
  matmul: { id: 3, inputs: [['a', 'float32'], ['b', 'float32'], ['bias', 'float32']], outputs: [['y', 'float32']], pack: packMatmulParams },
  max_pool_forward: { id: 4, inputs: [['x', 'float32']], outputs: [['y', 'float32'], ['index', 'uint8']], pack: packPoolParams },
  max_pool_grad: { id: 5, inputs: [['dy', 'float32'], ['index', 'uint8']], outputs: [['dx', 'float32']], pack: packPoolParams },
  avg_pool_forward: { id: 6, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packPoolParams },
  avg_pool_grad: { id: 7, inputs: [['dy', 'float32']], outputs: [['dx', 'float32']], pack: packPoolParams },
  batch_norm_train: { id: 8, inputs: [['x', 'float32'], ['weight', 'float32'], ['bias', 'float32'], ['runningMean', 'float32'], ['runningVar', 'float32']], outputs: [['y', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_eval: { id: 9, inputs: [['x', 'float32'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['var', 'float32']], outputs: [['y', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_grad: { id: 10, inputs: [['x', 'float32'], ['dy', 'float32'], ['weight', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float32'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packNormParams },
  unary_forward: { id: 11, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packUnaryParams },
  unary_grad: { id: 12, inputs: [['saved', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packUnaryParams },
  unary_second_grad: { id: 13, inputs: [['saved', 'float'], ['dy', 'float'], ['ddx', 'float']], outputs: [['dsaved', 'float']], pack: packUnaryParams },
  add: { id: 14, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  sub: { id: 15, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  mul: { id: 16, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  div: { id: 17, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  power: { id: 18, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  maximum: { id: 19, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  minimum: { id: 20, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  prelu_forward: { id: 21, inputs: [['x', 'float'], ['weight', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  maximum_grad: { id: 22, inputs: [['a', 'float'], ['b', 'float'], ['dy', 'float']], outputs: [['da', 'float']], pack: packTernaryParams },
  where: { id: 23, inputs: [['condition', 'uint8'], ['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packTernaryParams },
  compare: { id: 24, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'uint8']], pack: packCompareParams },
  compare_i32: { id: 25, inputs: [['a', 'int32'], ['b', 'int32']], outputs: [['y', 'uint8']], pack: packCompareParams },
  logical: { id: 26, inputs: [['a', 'uint8'], ['b', 'uint8']], outputs: [['y', 'uint8']], pack: packLogicalParams },
  logical_not: { id: 27, inputs: [['x', 'uint8']], outputs: [['y', 'uint8']], pack: packNoParams },
  cast_f32: { id: 28, inputs: [['x', 'any']], outputs: [['y', 'float32']], pack: packNoParams },
  cast_bf16: { id: 29, inputs: [['x', 'any']], outputs: [['y', 'bfloat16']], pack: packNoParams },
  cast_f16: { id: 30, inputs: [['x', 'any']], outputs: [['y', 'float16']], pack: packNoParams },
  cast_i32: { id: 31, inputs: [['x', 'any']], outputs: [['y', 'int32']], pack: packNoParams },
  cast_u8: { id: 32, inputs: [['x', 'any']], outputs: [['y', 'uint8']], pack: packNoParams },
  affine: { id: 33, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packAffineParams },
  affine_from_u8: { id: 34, inputs: [['x', 'uint8']], outputs: [['y', 'float32']], pack: packAffineParams },
  fill: { id: 35, inputs: [], outputs: [['y', 'float32']], pack: packFillParams },
  accumulate: { id: 36, inputs: [['target', 'float'], ['x', 'float']], outputs: [], pack: packAccumulateParams },
  sum: { id: 37, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packReduceParams },
  argmax: { id: 38, inputs: [['x', 'float32']], outputs: [['index', 'int32']], pack: packReduceParams },
  softmax_forward: { id: 39, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packSoftmaxParams },
  softmax_grad: { id: 40, inputs: [['y', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packSoftmaxParams },
  log_softmax_forward: { id: 41, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packSoftmaxParams },
  log_softmax_grad: { id: 42, inputs: [['y', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packSoftmaxParams },
  cross_entropy_forward: { id: 43, inputs: [['logits', 'float32'], ['target', 'int32']], outputs: [['loss', 'float32'], ['logSumExp', 'float32']], pack: packCrossEntropyParams },
  cross_entropy_grad: { id: 44, inputs: [['logits', 'float32'], ['target', 'int32'], ['logSumExp', 'float32'], ['dloss', 'float32']], outputs: [['dlogits', 'float32']], pack: packCrossEntropyParams },
  dropout_forward: { id: 45, inputs: [['x', 'float'], ['random', 'int32']], outputs: [['y', 'float'], ['mask', 'uint8']], pack: packDropoutParams },
  dropout_grad: { id: 46, inputs: [['dy', 'float'], ['mask', 'uint8']], outputs: [['dx', 'float']], pack: packDropoutParams },
  sgd: { id: 47, inputs: [['param', 'float32'], ['grad', 'float32'], ['velocity', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packSgdParams },
  adam: { id: 48, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['vmax', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAdamParams },
};
