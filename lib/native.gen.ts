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
  afterD: number;
  afterH: number;
  afterW: number;
  countPadding: number;
  divisor: number;
  norm: number;
}

export interface MaxWindowsParams {
  n: number;
  d: number;
  h: number;
  w: number;
  c: number;
  m: number;
  z: number;
  p: number;
  q: number;
  rowsD: number;
  rowsH: number;
  rowsW: number;
  dilationD: number;
  dilationH: number;
  dilationW: number;
  empty: number;
}

export interface PlaneParams {
  n: number;
  inputs: number;
  m: number;
  outputs: number;
  c: number;
}

export interface FractionalParams {
  m: number;
  c: number;
  axes: number;
  axis: number;
  input: number;
  outputs: number;
  kernel: number;
}

export interface RoiSpansParams {
  m: number;
  p: number;
  q: number;
  h: number;
  w: number;
  inclusive: number;
  scale: number;
}

export interface PsRoiPoolParams {
  n: number;
  h: number;
  w: number;
  k: number;
  p: number;
  q: number;
  m: number;
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
  conv_forward: { inputs: { x: 'float32'; w: 'float32' }; optional: { bias: 'float32' }; outputs: { y: 'float32' }; params: ConvParams };
  conv_input_grad: { inputs: { dy: 'float32'; w: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float32' }; params: ConvParams };
  conv_weight_grad: { inputs: { x: 'float32'; dy: 'float32' }; optional: Record<never, never>; outputs: { dw: 'float32' }; params: ConvParams };
  matmul: { inputs: { a: 'float32'; b: 'float32' }; optional: { bias: 'float32' }; outputs: { y: 'float32' }; params: MatmulParams };
  max_pool_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float'; index: 'uint8' }; params: PoolParams };
  max_pool_grad: { inputs: { dy: 'float'; index: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: PoolParams };
  max_pool_gather: { inputs: { x: 'float'; index: 'uint8' }; optional: Record<never, never>; outputs: { y: 'float' }; params: PoolParams };
  max_pool_positions: { inputs: { index: 'uint8' }; optional: Record<never, never>; outputs: { position: 'int32' }; params: PoolParams };
  avg_pool_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: PoolParams };
  avg_pool_grad: { inputs: { dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: PoolParams };
  lp_pool_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: PoolParams };
  lp_pool_grad: { inputs: { x: 'float'; y: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: PoolParams };
  max_windows: { inputs: { x: 'float' }; optional: { image: 'int32'; spanD: 'int32'; spanH: 'int32'; spanW: 'int32' }; outputs: { y: 'float'; position: 'int32' }; params: MaxWindowsParams };
  plane_gather: { inputs: { x: 'float'; position: 'int32' }; optional: { image: 'int32' }; outputs: { y: 'float' }; params: PlaneParams };
  plane_scatter_add: { inputs: { dy: 'float'; position: 'int32' }; optional: { image: 'int32' }; outputs: { dx: 'float' }; params: PlaneParams };
  plane_scatter: { inputs: { x: 'float'; position: 'int32' }; optional: Record<never, never>; outputs: { y: 'float' }; params: PlaneParams };
  fractional_spans: { inputs: { samples: 'float32' }; optional: Record<never, never>; outputs: { span: 'int32' }; params: FractionalParams };
  roi_spans: { inputs: { rois: 'float32' }; optional: Record<never, never>; outputs: { image: 'int32'; spanH: 'int32'; spanW: 'int32' }; params: RoiSpansParams };
  ps_roi_pool: { inputs: { x: 'float'; image: 'int32'; spanH: 'int32'; spanW: 'int32' }; optional: Record<never, never>; outputs: { y: 'float' }; params: PsRoiPoolParams };
  ps_roi_pool_grad: { inputs: { dy: 'float'; image: 'int32'; spanH: 'int32'; spanW: 'int32' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: PsRoiPoolParams };
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
  sum: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: ReduceParams };
  argmax: { inputs: { x: 'float32' }; optional: Record<never, never>; outputs: { index: 'int32' }; params: ReduceParams };
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

function packMaxWindowsParams(p: MaxWindowsParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.d;
  ints[at + 2] = p.h;
  ints[at + 3] = p.w;
  ints[at + 4] = p.c;
  ints[at + 5] = p.m;
  ints[at + 6] = p.z;
  ints[at + 7] = p.p;
  ints[at + 8] = p.q;
  ints[at + 9] = p.rowsD;
  ints[at + 10] = p.rowsH;
  ints[at + 11] = p.rowsW;
  ints[at + 12] = p.dilationD;
  ints[at + 13] = p.dilationH;
  ints[at + 14] = p.dilationW;
  floats[at + 15] = p.empty;
}

function packPlaneParams(p: PlaneParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.inputs;
  ints[at + 2] = p.m;
  ints[at + 3] = p.outputs;
  ints[at + 4] = p.c;
}

function packFractionalParams(p: FractionalParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.m;
  ints[at + 1] = p.c;
  ints[at + 2] = p.axes;
  ints[at + 3] = p.axis;
  ints[at + 4] = p.input;
  ints[at + 5] = p.outputs;
  ints[at + 6] = p.kernel;
}

function packRoiSpansParams(p: RoiSpansParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.m;
  ints[at + 1] = p.p;
  ints[at + 2] = p.q;
  ints[at + 3] = p.h;
  ints[at + 4] = p.w;
  ints[at + 5] = p.inclusive;
  floats[at + 6] = p.scale;
}

function packPsRoiPoolParams(p: PsRoiPoolParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.k;
  ints[at + 4] = p.p;
  ints[at + 5] = p.q;
  ints[at + 6] = p.m;
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
  conv_forward: { id: 0, inputs: [['x', 'float32'], ['w', 'float32'], ['bias', 'float32']], outputs: [['y', 'float32']], pack: packConvParams },
  conv_input_grad: { id: 1, inputs: [['dy', 'float32'], ['w', 'float32']], outputs: [['dx', 'float32']], pack: packConvParams },
  conv_weight_grad: { id: 2, inputs: [['x', 'float32'], ['dy', 'float32']], outputs: [['dw', 'float32']], pack: packConvParams },
  matmul: { id: 3, inputs: [['a', 'float32'], ['b', 'float32'], ['bias', 'float32']], outputs: [['y', 'float32']], pack: packMatmulParams },
  max_pool_forward: { id: 4, inputs: [['x', 'float']], outputs: [['y', 'float'], ['index', 'uint8']], pack: packPoolParams },
  max_pool_grad: { id: 5, inputs: [['dy', 'float'], ['index', 'uint8']], outputs: [['dx', 'float']], pack: packPoolParams },
  max_pool_gather: { id: 6, inputs: [['x', 'float'], ['index', 'uint8']], outputs: [['y', 'float']], pack: packPoolParams },
  max_pool_positions: { id: 7, inputs: [['index', 'uint8']], outputs: [['position', 'int32']], pack: packPoolParams },
  avg_pool_forward: { id: 8, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packPoolParams },
  avg_pool_grad: { id: 9, inputs: [['dy', 'float']], outputs: [['dx', 'float']], pack: packPoolParams },
  lp_pool_forward: { id: 10, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packPoolParams },
  lp_pool_grad: { id: 11, inputs: [['x', 'float'], ['y', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packPoolParams },
  max_windows: { id: 12, inputs: [['x', 'float'], ['image', 'int32'], ['spanD', 'int32'], ['spanH', 'int32'], ['spanW', 'int32']], outputs: [['y', 'float'], ['position', 'int32']], pack: packMaxWindowsParams },
  plane_gather: { id: 13, inputs: [['x', 'float'], ['position', 'int32'], ['image', 'int32']], outputs: [['y', 'float']], pack: packPlaneParams },
  plane_scatter_add: { id: 14, inputs: [['dy', 'float'], ['position', 'int32'], ['image', 'int32']], outputs: [['dx', 'float']], pack: packPlaneParams },
  plane_scatter: { id: 15, inputs: [['x', 'float'], ['position', 'int32']], outputs: [['y', 'float']], pack: packPlaneParams },
  fractional_spans: { id: 16, inputs: [['samples', 'float32']], outputs: [['span', 'int32']], pack: packFractionalParams },
  roi_spans: { id: 17, inputs: [['rois', 'float32']], outputs: [['image', 'int32'], ['spanH', 'int32'], ['spanW', 'int32']], pack: packRoiSpansParams },
  ps_roi_pool: { id: 18, inputs: [['x', 'float'], ['image', 'int32'], ['spanH', 'int32'], ['spanW', 'int32']], outputs: [['y', 'float']], pack: packPsRoiPoolParams },
  ps_roi_pool_grad: { id: 19, inputs: [['dy', 'float'], ['image', 'int32'], ['spanH', 'int32'], ['spanW', 'int32']], outputs: [['dx', 'float']], pack: packPsRoiPoolParams },
  batch_norm_train: { id: 20, inputs: [['x', 'float32'], ['weight', 'float32'], ['bias', 'float32'], ['runningMean', 'float32'], ['runningVar', 'float32']], outputs: [['y', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_eval: { id: 21, inputs: [['x', 'float32'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['var', 'float32']], outputs: [['y', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_grad: { id: 22, inputs: [['x', 'float32'], ['dy', 'float32'], ['weight', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float32'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packNormParams },
  relu_forward: { id: 23, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packNoParams },
  relu_grad: { id: 24, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packNoParams },
  sigmoid_forward: { id: 25, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packNoParams },
  sigmoid_grad: { id: 26, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packNoParams },
  tanh_forward: { id: 27, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packNoParams },
  tanh_grad: { id: 28, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packNoParams },
  add: { id: 29, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  sub: { id: 30, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  mul: { id: 31, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  div: { id: 32, inputs: [['a', 'float32'], ['b', 'float32']], outputs: [['y', 'float32']], pack: packBroadcastParams },
  cast_f32: { id: 33, inputs: [['x', 'any']], outputs: [['y', 'float32']], pack: packNoParams },
  cast_bf16: { id: 34, inputs: [['x', 'any']], outputs: [['y', 'bfloat16']], pack: packNoParams },
  cast_f16: { id: 35, inputs: [['x', 'any']], outputs: [['y', 'float16']], pack: packNoParams },
  cast_i32: { id: 36, inputs: [['x', 'any']], outputs: [['y', 'int32']], pack: packNoParams },
  cast_u8: { id: 37, inputs: [['x', 'any']], outputs: [['y', 'uint8']], pack: packNoParams },
  affine: { id: 38, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packAffineParams },
  affine_from_u8: { id: 39, inputs: [['x', 'uint8']], outputs: [['y', 'float32']], pack: packAffineParams },
  fill: { id: 40, inputs: [], outputs: [['y', 'float32']], pack: packFillParams },
  accumulate: { id: 41, inputs: [['target', 'float32'], ['x', 'float32']], outputs: [], pack: packAccumulateParams },
  sum: { id: 42, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packReduceParams },
  argmax: { id: 43, inputs: [['x', 'float32']], outputs: [['index', 'int32']], pack: packReduceParams },
  softmax_forward: { id: 44, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packSoftmaxParams },
  softmax_grad: { id: 45, inputs: [['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packSoftmaxParams },
  cross_entropy_forward: { id: 46, inputs: [['logits', 'float32'], ['target', 'int32']], outputs: [['loss', 'float32'], ['logSumExp', 'float32']], pack: packCrossEntropyParams },
  cross_entropy_grad: { id: 47, inputs: [['logits', 'float32'], ['target', 'int32'], ['logSumExp', 'float32'], ['dloss', 'float32']], outputs: [['dlogits', 'float32']], pack: packCrossEntropyParams },
  dropout_forward: { id: 48, inputs: [['x', 'float32'], ['random', 'int32']], outputs: [['y', 'float32'], ['mask', 'uint8']], pack: packDropoutParams },
  dropout_grad: { id: 49, inputs: [['dy', 'float32'], ['mask', 'uint8']], outputs: [['dx', 'float32']], pack: packDropoutParams },
  sgd: { id: 50, inputs: [['param', 'float32'], ['grad', 'float32'], ['velocity', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packSgdParams },
  adam: { id: 51, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['vmax', 'float32'], ['lr', 'float32'], ['step', 'int32']], outputs: [], pack: packAdamParams },
};
