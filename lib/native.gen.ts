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
  tf32: number;
  activation: number;
}

export interface ConvBatchNormParams {
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
  tf32: number;
  activation: number;
  momentum: number;
  eps: number;
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
  scale: number;
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
export const unaryFunctions = { relu: 0, leakyRelu: 1, elu: 2, selu: 3, hardtanh: 4, hardswish: 5, hardsigmoid: 6, gelu: 7, geluTanh: 8, silu: 9, mish: 10, softplus: 11, softsign: 12, logSigmoid: 13, sigmoid: 14, tanh: 15, tanhshrink: 16, softshrink: 17, hardshrink: 18, threshold: 19, exp: 20, expm1: 21, log: 22, log1p: 23, sqrt: 24, rsqrt: 25, square: 26, cube: 27, reciprocal: 28, power: 29, abs: 30, sign: 31, floor: 32, ceil: 33, round: 34, clamp: 35, sin: 36, cos: 37, atan: 38, erf: 39 } as const;
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

export interface StridedParams {
  shape: readonly number[];
  stride: readonly number[];
  reversed: readonly number[];
}

export interface ShapeParams {
  shape: readonly number[];
}

export interface ResampleParams {
  outer: number;
  size: number;
  inner: number;
  count: number;
  terms: number;
}

export interface UnfoldParams {
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
}

export interface ResponseNormParams {
  rows: number;
  c: number;
  size: number;
  alpha: number;
  beta: number;
  k: number;
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
  outer: number;
  size: number;
  inner: number;
}

export interface CrossEntropyParams {
  rows: number;
  classes: number;
  labelSmoothing: number;
  ignores: number;
  ignoreIndex: number;
  normalised: number;
}

export interface CtcParams {
  t: number;
  n: number;
  c: number;
  s: number;
  states: number;
  blank: number;
  zeroInfinity: number;
}

export interface DropoutParams {
  probability: number;
}

export interface LossScaleParams {
  growth: number;
  backoff: number;
  every: number;
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

export interface LionParams {
  beta1: number;
  beta2: number;
  weightDecay: number;
  direction: number;
}

export interface LarsParams {
  n: number;
  count: number;
  momentum: number;
  trust: number;
  eps: number;
  weightDecay: number;
  direction: number;
}

export interface LambParams {
  n: number;
  count: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
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

export interface TapsParams {
  n: number;
  m: number;
  axes: number;
  t: number;
  d: number;
  h: number;
  w: number;
  groups: number;
  border: number;
  normalized: number;
  alignCorners: number;
  widthFirst: number;
}

/** The place of each ViewRegion in its list. */
export const viewRegions = { whole: 0, crop: 1, resizedCrop: 2 } as const;
export type ViewRegion = keyof typeof viewRegions;

export interface ViewParams {
  n: number;
  h: number;
  w: number;
  p: number;
  q: number;
  region: ViewRegion;
  padding: number;
  areaLow: number;
  areaHigh: number;
  ratioLow: number;
  ratioHigh: number;
  flipX: number;
  flipY: number;
  angle: number;
  translateX: number;
  translateY: number;
  zoomLow: number;
  zoomHigh: number;
  shearX: number;
  shearY: number;
}

/** The place of each ColorFunction in its list. */
export const colorFunctions = { identity: 0, brightness: 1, contrast: 2, saturation: 3, hue: 4, grayscale: 5, invert: 6, posterize: 7, solarize: 8, autocontrast: 9, equalize: 10, sharpness: 11 } as const;
export type ColorFunction = keyof typeof colorFunctions;

export interface ColorParams {
  n: number;
  function: ColorFunction;
  low: number;
  high: number;
  probability: number;
}

export interface ColorJitterParams {
  n: number;
  brightnessLow: number;
  brightnessHigh: number;
  contrastLow: number;
  contrastHigh: number;
  saturationLow: number;
  saturationHigh: number;
  hueLow: number;
  hueHigh: number;
}

export interface RandAugmentParams {
  n: number;
  h: number;
  w: number;
  magnitude: number;
}

export interface AmountParams {
  n: number;
  low: number;
  high: number;
  probability: number;
}

/** The place of each BoxKind in its list. */
export const boxKinds = { erase: 0, cutout: 1, cutmix: 2 } as const;
export type BoxKind = keyof typeof boxKinds;

export interface BoxParams {
  n: number;
  h: number;
  w: number;
  kind: BoxKind;
  probability: number;
  areaLow: number;
  areaHigh: number;
  ratioLow: number;
  ratioHigh: number;
  size: number;
  alpha: number;
}

export interface BetaParams {
  n: number;
  alpha: number;
}

/** The place of each WarpInterpolation in its list. */
export const warpInterpolations = { nearest: 0, bilinear: 1 } as const;
export type WarpInterpolation = keyof typeof warpInterpolations;

/** The place of each WarpBorder in its list. */
export const warpBorders = { fill: 0, edge: 1 } as const;
export type WarpBorder = keyof typeof warpBorders;

export interface WarpParams {
  n: number;
  h: number;
  w: number;
  c: number;
  p: number;
  q: number;
  interpolation: WarpInterpolation;
  border: WarpBorder;
  fill: number;
}

export interface RecolorParams {
  n: number;
  h: number;
  w: number;
  c: number;
  steps: number;
}

export interface GaussianBlurParams {
  n: number;
  h: number;
  w: number;
  c: number;
  kernel: number;
}

export interface EraseParams {
  n: number;
  h: number;
  w: number;
  c: number;
  fill: number;
}

export interface MixupParams {
  n: number;
  size: number;
}

export interface CutmixParams {
  n: number;
  h: number;
  w: number;
  c: number;
}

export interface ChannelsParams {
  rows: number;
  c: number;
}

/** What each native op takes and makes. */
export interface NativeOps {
  conv_forward: { inputs: { x: 'float'; w: 'float' }; optional: { bias: 'float'; residual: 'float' }; outputs: { y: 'float' }; params: ConvParams };
  conv_input_grad: { inputs: { dy: 'float'; w: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: ConvParams };
  conv_weight_grad: { inputs: { x: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dw: 'float' }; params: ConvParams };
  conv_batch_norm_forward: { inputs: { x: 'float'; w: 'float' }; optional: { bias: 'float'; xMean: 'float32'; xInvstd: 'float32'; xWeight: 'float32'; xBias: 'float32'; runningMean: 'float32'; runningVar: 'float32' }; outputs: { y: 'float'; mean: 'float32'; invstd: 'float32' }; params: ConvBatchNormParams };
  conv_batch_norm_weight_grad: { inputs: { x: 'float'; dy: 'float'; xMean: 'float32'; xInvstd: 'float32' }; optional: { xWeight: 'float32'; xBias: 'float32' }; outputs: { dw: 'float' }; params: ConvParams };
  matmul: { inputs: { a: 'float'; b: 'float' }; optional: { bias: 'float' }; outputs: { y: 'float' }; params: MatmulParams };
  batch_matmul: { inputs: { a: 'float'; b: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: BatchMatmulParams };
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
  batch_norm_train: { inputs: { x: 'float' }; optional: { residual: 'float'; weight: 'float32'; bias: 'float32'; runningMean: 'float32'; runningVar: 'float32' }; outputs: { y: 'float'; mean: 'float32'; invstd: 'float32' }; params: NormParams };
  batch_norm_eval: { inputs: { x: 'float'; mean: 'float32'; var: 'float32' }; optional: { residual: 'float'; weight: 'float32'; bias: 'float32' }; outputs: { y: 'float'; invstd: 'float32' }; params: NormParams };
  batch_norm_apply: { inputs: { x: 'float'; mean: 'float32'; invstd: 'float32' }; optional: { residual: 'float'; weight: 'float32'; bias: 'float32' }; outputs: { y: 'float' }; params: NormParams };
  batch_norm_grad: { inputs: { x: 'float'; dy: 'float'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32'; bias: 'float32' }; outputs: { dx: 'float'; dweight: 'float32'; dbias: 'float32' }; params: NormParams };
  batch_norm_add_relu_grad: { inputs: { x: 'float'; y: 'float'; dy: 'float'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32' }; outputs: { dx: 'float'; dresidual: 'float'; dweight: 'float32'; dbias: 'float32' }; params: NormParams };
  group_norm_forward: { inputs: { x: 'float' }; optional: { weight: 'float32'; bias: 'float32' }; outputs: { y: 'float'; mean: 'float32'; invstd: 'float32' }; params: GroupNormParams };
  group_norm_grad: { inputs: { x: 'float'; dy: 'float'; mean: 'float32'; invstd: 'float32' }; optional: { weight: 'float32' }; outputs: { dx: 'float'; dweight: 'float32'; dbias: 'float32' }; params: GroupNormParams };
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
  copy: { inputs: { x: 'same' }; optional: Record<never, never>; outputs: { y: 'same' }; params: StridedParams };
  place: { inputs: { target: 'same'; x: 'same' }; optional: Record<never, never>; outputs: Record<never, never>; params: StridedParams };
  full_like: { inputs: { like: 'same' }; optional: Record<never, never>; outputs: { y: 'same' }; params: FillParams };
  empty_like: { inputs: { like: 'same' }; optional: Record<never, never>; outputs: { y: 'same' }; params: ShapeParams };
  resample: { inputs: { x: 'float'; ends: 'int32'; index: 'int32'; weight: 'float32' }; optional: Record<never, never>; outputs: { y: 'float' }; params: ResampleParams };
  unfold: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: UnfoldParams };
  fold: { inputs: { y: 'float' }; optional: Record<never, never>; outputs: { x: 'float' }; params: UnfoldParams };
  local_response_norm_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float'; scale: 'float32' }; params: ResponseNormParams };
  local_response_norm_grad: { inputs: { x: 'float'; y: 'float'; scale: 'float32'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: ResponseNormParams };
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
  softmax_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: SoftmaxParams };
  softmax_grad: { inputs: { y: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: SoftmaxParams };
  log_softmax_forward: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { y: 'float' }; params: SoftmaxParams };
  log_softmax_grad: { inputs: { y: 'float'; dy: 'float' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: SoftmaxParams };
  cross_entropy_forward: { inputs: { logits: 'float32'; target: 'int32' }; optional: { weight: 'float32' }; outputs: { loss: 'float32'; logSumExp: 'float32'; total: 'float32'; share: 'float32' }; params: CrossEntropyParams };
  cross_entropy_grad: { inputs: { logits: 'float32'; target: 'int32'; logSumExp: 'float32'; total: 'float32'; dloss: 'float32' }; optional: { weight: 'float32' }; outputs: { dlogits: 'float32' }; params: CrossEntropyParams };
  soft_cross_entropy_forward: { inputs: { logits: 'float32'; target: 'float32' }; optional: { weight: 'float32' }; outputs: { loss: 'float32'; logSumExp: 'float32'; total: 'float32' }; params: CrossEntropyParams };
  soft_cross_entropy_grad: { inputs: { logits: 'float32'; target: 'float32'; logSumExp: 'float32'; total: 'float32'; dloss: 'float32' }; optional: { weight: 'float32' }; outputs: { dlogits: 'float32'; dtarget: 'float32' }; params: CrossEntropyParams };
  ctc_forward: { inputs: { logProbs: 'float32'; target: 'int32'; inputLengths: 'int32'; targetLengths: 'int32' }; optional: Record<never, never>; outputs: { loss: 'float32'; alpha: 'float32' }; params: CtcParams };
  ctc_grad: { inputs: { logProbs: 'float32'; target: 'int32'; inputLengths: 'int32'; targetLengths: 'int32'; alpha: 'float32'; dloss: 'float32' }; optional: Record<never, never>; outputs: { dlogProbs: 'float32' }; params: CtcParams };
  dropout_forward: { inputs: { x: 'float'; random: 'int32' }; optional: Record<never, never>; outputs: { y: 'float'; mask: 'uint8' }; params: DropoutParams };
  dropout_grad: { inputs: { dy: 'float'; mask: 'uint8' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: DropoutParams };
  count_nonfinite: { inputs: { x: 'float' }; optional: Record<never, never>; outputs: { count: 'int32' }; params: NoParams };
  copy_if: { inputs: { target: 'same'; x: 'same'; condition: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: NoParams };
  update_loss_scale: { inputs: { scale: 'float32'; good: 'int32'; nonfinite: 'int32' }; optional: Record<never, never>; outputs: Record<never, never>; params: LossScaleParams };
  sgd: { inputs: { param: 'float32'; grad: 'float32'; lr: 'float32'; step: 'int32' }; optional: { velocity: 'float32'; half: 'float' }; outputs: Record<never, never>; params: SgdParams };
  adam: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; lr: 'float32'; step: 'int32' }; optional: { vmax: 'float32'; half: 'float' }; outputs: Record<never, never>; params: AdamParams };
  adamax: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; largest: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: AdamaxParams };
  nadam: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; muProduct: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: NadamParams };
  radam: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: RadamParams };
  rmsprop: { inputs: { param: 'float32'; grad: 'float32'; square: 'float32'; lr: 'float32'; step: 'int32' }; optional: { mean: 'float32'; velocity: 'float32'; half: 'float' }; outputs: Record<never, never>; params: RmspropParams };
  adagrad: { inputs: { param: 'float32'; grad: 'float32'; sum: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: AdagradParams };
  adadelta: { inputs: { param: 'float32'; grad: 'float32'; square: 'float32'; change: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: AdadeltaParams };
  asgd: { inputs: { param: 'float32'; grad: 'float32'; average: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: AsgdParams };
  rprop: { inputs: { param: 'float32'; grad: 'float32'; previous: 'float32'; size: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: RpropParams };
  lion: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: LionParams };
  lars: { inputs: { param: 'float32'; grad: 'float32'; velocity: 'float32'; layer: 'int32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: LarsParams };
  lamb: { inputs: { param: 'float32'; grad: 'float32'; m: 'float32'; v: 'float32'; layer: 'int32'; lr: 'float32'; step: 'int32' }; optional: { half: 'float' }; outputs: Record<never, never>; params: LambParams };
  roi_align_forward: { inputs: { x: 'float'; rois: 'float32' }; optional: Record<never, never>; outputs: { y: 'float' }; params: RoiParams };
  roi_align_grad: { inputs: { dy: 'float'; rois: 'float32' }; optional: Record<never, never>; outputs: { dx: 'float' }; params: RoiParams };
  nms: { inputs: { boxes: 'float32'; order: 'int32' }; optional: { group: 'int32' }; outputs: { keep: 'uint8' }; params: NmsParams };
  taps: { inputs: { position: 'float32' }; optional: Record<never, never>; outputs: { weight: 'float32'; index: 'int32' }; params: TapsParams };
  taps_grad: { inputs: { position: 'float32'; dweight: 'float32' }; optional: Record<never, never>; outputs: { dposition: 'float32' }; params: TapsParams };
  draw_view: { inputs: { random: 'int32' }; optional: Record<never, never>; outputs: { matrix: 'float32' }; params: ViewParams };
  draw_color: { inputs: { random: 'int32' }; optional: Record<never, never>; outputs: { function: 'int32'; amount: 'float32' }; params: ColorParams };
  draw_color_jitter: { inputs: { random: 'int32' }; optional: Record<never, never>; outputs: { function: 'int32'; amount: 'float32' }; params: ColorJitterParams };
  draw_rand_augment: { inputs: { random: 'int32' }; optional: Record<never, never>; outputs: { matrix: 'float32'; function: 'int32'; amount: 'float32' }; params: RandAugmentParams };
  draw_amount: { inputs: { random: 'int32' }; optional: Record<never, never>; outputs: { amount: 'float32' }; params: AmountParams };
  draw_box: { inputs: { random: 'int32' }; optional: Record<never, never>; outputs: { box: 'int32'; outside: 'float32' }; params: BoxParams };
  draw_beta: { inputs: { random: 'int32' }; optional: Record<never, never>; outputs: { share: 'float32' }; params: BetaParams };
  warp: { inputs: { x: 'uint8'; matrix: 'float32' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: WarpParams };
  recolor: { inputs: { x: 'uint8'; function: 'int32'; amount: 'float32' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: RecolorParams };
  gaussian_blur: { inputs: { x: 'uint8'; sigma: 'float32' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: GaussianBlurParams };
  erase: { inputs: { x: 'uint8'; box: 'int32' }; optional: Record<never, never>; outputs: { y: 'uint8' }; params: EraseParams };
  mixup: { inputs: { x: 'float32'; share: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: MixupParams };
  cutmix: { inputs: { x: 'same'; box: 'int32' }; optional: Record<never, never>; outputs: { y: 'same' }; params: CutmixParams };
  normalize_bytes: { inputs: { x: 'uint8'; scale: 'float32'; shift: 'float32' }; optional: Record<never, never>; outputs: { y: 'float32' }; params: ChannelsParams };
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
  ints[at + 23] = p.tf32;
  ints[at + 24] = p.activation;
}

function packConvBatchNormParams(p: ConvBatchNormParams, at: number, ints: Int32Array, floats: Float32Array): void {
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
  ints[at + 23] = p.tf32;
  ints[at + 24] = p.activation;
  floats[at + 25] = p.momentum;
  floats[at + 26] = p.eps;
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
  floats[at + 5] = p.scale;
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

function packStridedParams(p: StridedParams, at: number, ints: Int32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 6 + i] = p.stride[i] ?? 0;
  for (let i = 0; i < 6; i++) ints[at + 12 + i] = p.reversed[i] ?? 0;
}

function packShapeParams(p: ShapeParams, at: number, ints: Int32Array): void {
  for (let i = 0; i < 6; i++) ints[at + 0 + i] = p.shape[i] ?? 0;
}

function packResampleParams(p: ResampleParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
  ints[at + 3] = p.count;
  ints[at + 4] = p.terms;
}

function packUnfoldParams(p: UnfoldParams, at: number, ints: Int32Array): void {
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
}

function packResponseNormParams(p: ResponseNormParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.rows;
  ints[at + 1] = p.c;
  ints[at + 2] = p.size;
  floats[at + 3] = p.alpha;
  floats[at + 4] = p.beta;
  floats[at + 5] = p.k;
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
  ints[at + 0] = p.outer;
  ints[at + 1] = p.size;
  ints[at + 2] = p.inner;
}

function packCrossEntropyParams(p: CrossEntropyParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.rows;
  ints[at + 1] = p.classes;
  floats[at + 2] = p.labelSmoothing;
  ints[at + 3] = p.ignores;
  ints[at + 4] = p.ignoreIndex;
  ints[at + 5] = p.normalised;
}

function packCtcParams(p: CtcParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.t;
  ints[at + 1] = p.n;
  ints[at + 2] = p.c;
  ints[at + 3] = p.s;
  ints[at + 4] = p.states;
  ints[at + 5] = p.blank;
  ints[at + 6] = p.zeroInfinity;
}

function packDropoutParams(p: DropoutParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.probability;
}

function packLossScaleParams(p: LossScaleParams, at: number, ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.growth;
  floats[at + 1] = p.backoff;
  ints[at + 2] = p.every;
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

function packLionParams(p: LionParams, at: number, _ints: Int32Array, floats: Float32Array): void {
  floats[at + 0] = p.beta1;
  floats[at + 1] = p.beta2;
  floats[at + 2] = p.weightDecay;
  floats[at + 3] = p.direction;
}

function packLarsParams(p: LarsParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.count;
  floats[at + 2] = p.momentum;
  floats[at + 3] = p.trust;
  floats[at + 4] = p.eps;
  floats[at + 5] = p.weightDecay;
  floats[at + 6] = p.direction;
}

function packLambParams(p: LambParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.count;
  floats[at + 2] = p.beta1;
  floats[at + 3] = p.beta2;
  floats[at + 4] = p.eps;
  floats[at + 5] = p.weightDecay;
  floats[at + 6] = p.direction;
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

function packTapsParams(p: TapsParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.m;
  ints[at + 2] = p.axes;
  ints[at + 3] = p.t;
  ints[at + 4] = p.d;
  ints[at + 5] = p.h;
  ints[at + 6] = p.w;
  ints[at + 7] = p.groups;
  ints[at + 8] = p.border;
  ints[at + 9] = p.normalized;
  ints[at + 10] = p.alignCorners;
  ints[at + 11] = p.widthFirst;
}

function packViewParams(p: ViewParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.p;
  ints[at + 4] = p.q;
  ints[at + 5] = viewRegions[p.region];
  ints[at + 6] = p.padding;
  floats[at + 7] = p.areaLow;
  floats[at + 8] = p.areaHigh;
  floats[at + 9] = p.ratioLow;
  floats[at + 10] = p.ratioHigh;
  floats[at + 11] = p.flipX;
  floats[at + 12] = p.flipY;
  floats[at + 13] = p.angle;
  floats[at + 14] = p.translateX;
  floats[at + 15] = p.translateY;
  floats[at + 16] = p.zoomLow;
  floats[at + 17] = p.zoomHigh;
  floats[at + 18] = p.shearX;
  floats[at + 19] = p.shearY;
}

function packColorParams(p: ColorParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = colorFunctions[p.function];
  floats[at + 2] = p.low;
  floats[at + 3] = p.high;
  floats[at + 4] = p.probability;
}

function packColorJitterParams(p: ColorJitterParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  floats[at + 1] = p.brightnessLow;
  floats[at + 2] = p.brightnessHigh;
  floats[at + 3] = p.contrastLow;
  floats[at + 4] = p.contrastHigh;
  floats[at + 5] = p.saturationLow;
  floats[at + 6] = p.saturationHigh;
  floats[at + 7] = p.hueLow;
  floats[at + 8] = p.hueHigh;
}

function packRandAugmentParams(p: RandAugmentParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  floats[at + 3] = p.magnitude;
}

function packAmountParams(p: AmountParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  floats[at + 1] = p.low;
  floats[at + 2] = p.high;
  floats[at + 3] = p.probability;
}

function packBoxParams(p: BoxParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = boxKinds[p.kind];
  floats[at + 4] = p.probability;
  floats[at + 5] = p.areaLow;
  floats[at + 6] = p.areaHigh;
  floats[at + 7] = p.ratioLow;
  floats[at + 8] = p.ratioHigh;
  ints[at + 9] = p.size;
  floats[at + 10] = p.alpha;
}

function packBetaParams(p: BetaParams, at: number, ints: Int32Array, floats: Float32Array): void {
  ints[at + 0] = p.n;
  floats[at + 1] = p.alpha;
}

function packWarpParams(p: WarpParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.c;
  ints[at + 4] = p.p;
  ints[at + 5] = p.q;
  ints[at + 6] = warpInterpolations[p.interpolation];
  ints[at + 7] = warpBorders[p.border];
  ints[at + 8] = p.fill;
}

function packRecolorParams(p: RecolorParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.c;
  ints[at + 4] = p.steps;
}

function packGaussianBlurParams(p: GaussianBlurParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.c;
  ints[at + 4] = p.kernel;
}

function packEraseParams(p: EraseParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.c;
  ints[at + 4] = p.fill;
}

function packMixupParams(p: MixupParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.size;
}

function packCutmixParams(p: CutmixParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.n;
  ints[at + 1] = p.h;
  ints[at + 2] = p.w;
  ints[at + 3] = p.c;
}

function packChannelsParams(p: ChannelsParams, at: number, ints: Int32Array): void {
  ints[at + 0] = p.rows;
  ints[at + 1] = p.c;
}

export const nativeOps: { readonly [N in keyof NativeOps]: OpLayout<N> } = {
  conv_forward: { id: 0, inputs: [['x', 'float'], ['w', 'float'], ['bias', 'float'], ['residual', 'float']], outputs: [['y', 'float']], pack: packConvParams },
  conv_input_grad: { id: 1, inputs: [['dy', 'float'], ['w', 'float']], outputs: [['dx', 'float']], pack: packConvParams },
  conv_weight_grad: { id: 2, inputs: [['x', 'float'], ['dy', 'float']], outputs: [['dw', 'float']], pack: packConvParams },
  conv_batch_norm_forward: { id: 3, inputs: [['x', 'float'], ['w', 'float'], ['bias', 'float'], ['xMean', 'float32'], ['xInvstd', 'float32'], ['xWeight', 'float32'], ['xBias', 'float32'], ['runningMean', 'float32'], ['runningVar', 'float32']], outputs: [['y', 'float'], ['mean', 'float32'], ['invstd', 'float32']], pack: packConvBatchNormParams },
  conv_batch_norm_weight_grad: { id: 4, inputs: [['x', 'float'], ['dy', 'float'], ['xMean', 'float32'], ['xInvstd', 'float32'], ['xWeight', 'float32'], ['xBias', 'float32']], outputs: [['dw', 'float']], pack: packConvParams },
  matmul: { id: 5, inputs: [['a', 'float'], ['b', 'float'], ['bias', 'float']], outputs: [['y', 'float']], pack: packMatmulParams },
  batch_matmul: { id: 6, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBatchMatmulParams },
  max_pool_forward: { id: 7, inputs: [['x', 'float']], outputs: [['y', 'float'], ['index', 'uint8']], pack: packPoolParams },
  max_pool_grad: { id: 8, inputs: [['dy', 'float'], ['index', 'uint8']], outputs: [['dx', 'float']], pack: packPoolParams },
  max_pool_gather: { id: 9, inputs: [['x', 'float'], ['index', 'uint8']], outputs: [['y', 'float']], pack: packPoolParams },
  max_pool_positions: { id: 10, inputs: [['index', 'uint8']], outputs: [['position', 'int32']], pack: packPoolParams },
  avg_pool_forward: { id: 11, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packPoolParams },
  avg_pool_grad: { id: 12, inputs: [['dy', 'float']], outputs: [['dx', 'float']], pack: packPoolParams },
  lp_pool_forward: { id: 13, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packPoolParams },
  lp_pool_grad: { id: 14, inputs: [['x', 'float'], ['y', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packPoolParams },
  max_windows: { id: 15, inputs: [['x', 'float'], ['image', 'int32'], ['spanD', 'int32'], ['spanH', 'int32'], ['spanW', 'int32']], outputs: [['y', 'float'], ['position', 'int32']], pack: packMaxWindowsParams },
  plane_gather: { id: 16, inputs: [['x', 'float'], ['position', 'int32'], ['image', 'int32']], outputs: [['y', 'float']], pack: packPlaneParams },
  plane_scatter_add: { id: 17, inputs: [['dy', 'float'], ['position', 'int32'], ['image', 'int32']], outputs: [['dx', 'float']], pack: packPlaneParams },
  plane_scatter: { id: 18, inputs: [['x', 'float'], ['position', 'int32']], outputs: [['y', 'float']], pack: packPlaneParams },
  fractional_spans: { id: 19, inputs: [['samples', 'float32']], outputs: [['span', 'int32']], pack: packFractionalParams },
  roi_spans: { id: 20, inputs: [['rois', 'float32']], outputs: [['image', 'int32'], ['spanH', 'int32'], ['spanW', 'int32']], pack: packRoiSpansParams },
  batch_norm_train: { id: 21, inputs: [['x', 'float'], ['residual', 'float'], ['weight', 'float32'], ['bias', 'float32'], ['runningMean', 'float32'], ['runningVar', 'float32']], outputs: [['y', 'float'], ['mean', 'float32'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_eval: { id: 22, inputs: [['x', 'float'], ['residual', 'float'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['var', 'float32']], outputs: [['y', 'float'], ['invstd', 'float32']], pack: packNormParams },
  batch_norm_apply: { id: 23, inputs: [['x', 'float'], ['residual', 'float'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['y', 'float']], pack: packNormParams },
  batch_norm_grad: { id: 24, inputs: [['x', 'float'], ['dy', 'float'], ['weight', 'float32'], ['bias', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packNormParams },
  batch_norm_add_relu_grad: { id: 25, inputs: [['x', 'float'], ['y', 'float'], ['dy', 'float'], ['weight', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float'], ['dresidual', 'float'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packNormParams },
  group_norm_forward: { id: 26, inputs: [['x', 'float'], ['weight', 'float32'], ['bias', 'float32']], outputs: [['y', 'float'], ['mean', 'float32'], ['invstd', 'float32']], pack: packGroupNormParams },
  group_norm_grad: { id: 27, inputs: [['x', 'float'], ['dy', 'float'], ['weight', 'float32'], ['mean', 'float32'], ['invstd', 'float32']], outputs: [['dx', 'float'], ['dweight', 'float32'], ['dbias', 'float32']], pack: packGroupNormParams },
  unary_forward: { id: 28, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packUnaryParams },
  unary_grad: { id: 29, inputs: [['saved', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packUnaryParams },
  unary_second_grad: { id: 30, inputs: [['saved', 'float'], ['dy', 'float'], ['ddx', 'float']], outputs: [['dsaved', 'float']], pack: packUnaryParams },
  add: { id: 31, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  sub: { id: 32, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  mul: { id: 33, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  div: { id: 34, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  power: { id: 35, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  maximum: { id: 36, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  minimum: { id: 37, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  prelu_forward: { id: 38, inputs: [['x', 'float'], ['weight', 'float']], outputs: [['y', 'float']], pack: packBroadcastParams },
  maximum_grad: { id: 39, inputs: [['a', 'float'], ['b', 'float'], ['dy', 'float']], outputs: [['da', 'float']], pack: packTernaryParams },
  where: { id: 40, inputs: [['condition', 'uint8'], ['a', 'float'], ['b', 'float']], outputs: [['y', 'float']], pack: packTernaryParams },
  compare: { id: 41, inputs: [['a', 'float'], ['b', 'float']], outputs: [['y', 'uint8']], pack: packCompareParams },
  compare_i32: { id: 42, inputs: [['a', 'int32'], ['b', 'int32']], outputs: [['y', 'uint8']], pack: packCompareParams },
  logical: { id: 43, inputs: [['a', 'uint8'], ['b', 'uint8']], outputs: [['y', 'uint8']], pack: packLogicalParams },
  logical_not: { id: 44, inputs: [['x', 'uint8']], outputs: [['y', 'uint8']], pack: packNoParams },
  cast_f32: { id: 45, inputs: [['x', 'any']], outputs: [['y', 'float32']], pack: packNoParams },
  cast_bf16: { id: 46, inputs: [['x', 'any']], outputs: [['y', 'bfloat16']], pack: packNoParams },
  cast_f16: { id: 47, inputs: [['x', 'any']], outputs: [['y', 'float16']], pack: packNoParams },
  cast_i32: { id: 48, inputs: [['x', 'any']], outputs: [['y', 'int32']], pack: packNoParams },
  cast_u8: { id: 49, inputs: [['x', 'any']], outputs: [['y', 'uint8']], pack: packNoParams },
  affine: { id: 50, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packAffineParams },
  affine_from_u8: { id: 51, inputs: [['x', 'uint8']], outputs: [['y', 'float32']], pack: packAffineParams },
  fill: { id: 52, inputs: [], outputs: [['y', 'float32']], pack: packFillParams },
  accumulate: { id: 53, inputs: [['target', 'float'], ['x', 'float']], outputs: [], pack: packAccumulateParams },
  copy: { id: 54, inputs: [['x', 'same']], outputs: [['y', 'same']], pack: packStridedParams },
  place: { id: 55, inputs: [['target', 'same'], ['x', 'same']], outputs: [], pack: packStridedParams },
  full_like: { id: 56, inputs: [['like', 'same']], outputs: [['y', 'same']], pack: packFillParams },
  empty_like: { id: 57, inputs: [['like', 'same']], outputs: [['y', 'same']], pack: packShapeParams },
  resample: { id: 58, inputs: [['x', 'float'], ['ends', 'int32'], ['index', 'int32'], ['weight', 'float32']], outputs: [['y', 'float']], pack: packResampleParams },
  unfold: { id: 59, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packUnfoldParams },
  fold: { id: 60, inputs: [['y', 'float']], outputs: [['x', 'float']], pack: packUnfoldParams },
  local_response_norm_forward: { id: 61, inputs: [['x', 'float']], outputs: [['y', 'float'], ['scale', 'float32']], pack: packResponseNormParams },
  local_response_norm_grad: { id: 62, inputs: [['x', 'float'], ['y', 'float'], ['scale', 'float32'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packResponseNormParams },
  sum: { id: 63, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packReduceParams },
  sum_grad: { id: 64, inputs: [['dy', 'float']], outputs: [['dx', 'float']], pack: packReduceParams },
  max: { id: 65, inputs: [['x', 'float']], outputs: [['y', 'float'], ['index', 'int32']], pack: packAxisParams },
  min: { id: 66, inputs: [['x', 'float']], outputs: [['y', 'float'], ['index', 'int32']], pack: packAxisParams },
  any: { id: 67, inputs: [['x', 'uint8']], outputs: [['y', 'uint8']], pack: packAxisParams },
  all: { id: 68, inputs: [['x', 'uint8']], outputs: [['y', 'uint8']], pack: packAxisParams },
  product: { id: 69, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packAxisParams },
  product_grad: { id: 70, inputs: [['x', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packAxisParams },
  log_sum_exp: { id: 71, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packAxisParams },
  log_sum_exp_grad: { id: 72, inputs: [['x', 'float32'], ['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packAxisParams },
  vector_norm: { id: 73, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packVectorNormParams },
  vector_norm_grad: { id: 74, inputs: [['x', 'float32'], ['y', 'float32'], ['dy', 'float32']], outputs: [['dx', 'float32']], pack: packVectorNormParams },
  cumsum: { id: 75, inputs: [['x', 'float32']], outputs: [['y', 'float32']], pack: packCumsumParams },
  sort: { id: 76, inputs: [['x', 'float32']], outputs: [['y', 'float32'], ['index', 'int32']], pack: packSortParams },
  one_hot: { id: 77, inputs: [['label', 'int32']], outputs: [['y', 'float32']], pack: packOneHotParams },
  gather: { id: 78, inputs: [['x', 'float'], ['index', 'int32']], outputs: [['y', 'float']], pack: packGatherParams },
  scatter_add: { id: 79, inputs: [['dy', 'float'], ['index', 'int32']], outputs: [['dx', 'float']], pack: packGatherParams },
  gather_rows: { id: 80, inputs: [['x', 'float'], ['index', 'int32'], ['weight', 'float']], outputs: [['y', 'float']], pack: packRowsParams },
  scatter_rows: { id: 81, inputs: [['dy', 'float'], ['index', 'int32'], ['weight', 'float']], outputs: [['dx', 'float']], pack: packRowsParams },
  gather_rows_weight_grad: { id: 82, inputs: [['x', 'float'], ['dy', 'float'], ['index', 'int32']], outputs: [['dweight', 'float']], pack: packRowsParams },
  softmax_forward: { id: 83, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packSoftmaxParams },
  softmax_grad: { id: 84, inputs: [['y', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packSoftmaxParams },
  log_softmax_forward: { id: 85, inputs: [['x', 'float']], outputs: [['y', 'float']], pack: packSoftmaxParams },
  log_softmax_grad: { id: 86, inputs: [['y', 'float'], ['dy', 'float']], outputs: [['dx', 'float']], pack: packSoftmaxParams },
  cross_entropy_forward: { id: 87, inputs: [['logits', 'float32'], ['target', 'int32'], ['weight', 'float32']], outputs: [['loss', 'float32'], ['logSumExp', 'float32'], ['total', 'float32'], ['share', 'float32']], pack: packCrossEntropyParams },
  cross_entropy_grad: { id: 88, inputs: [['logits', 'float32'], ['target', 'int32'], ['weight', 'float32'], ['logSumExp', 'float32'], ['total', 'float32'], ['dloss', 'float32']], outputs: [['dlogits', 'float32']], pack: packCrossEntropyParams },
  soft_cross_entropy_forward: { id: 89, inputs: [['logits', 'float32'], ['target', 'float32'], ['weight', 'float32']], outputs: [['loss', 'float32'], ['logSumExp', 'float32'], ['total', 'float32']], pack: packCrossEntropyParams },
  soft_cross_entropy_grad: { id: 90, inputs: [['logits', 'float32'], ['target', 'float32'], ['weight', 'float32'], ['logSumExp', 'float32'], ['total', 'float32'], ['dloss', 'float32']], outputs: [['dlogits', 'float32'], ['dtarget', 'float32']], pack: packCrossEntropyParams },
  ctc_forward: { id: 91, inputs: [['logProbs', 'float32'], ['target', 'int32'], ['inputLengths', 'int32'], ['targetLengths', 'int32']], outputs: [['loss', 'float32'], ['alpha', 'float32']], pack: packCtcParams },
  ctc_grad: { id: 92, inputs: [['logProbs', 'float32'], ['target', 'int32'], ['inputLengths', 'int32'], ['targetLengths', 'int32'], ['alpha', 'float32'], ['dloss', 'float32']], outputs: [['dlogProbs', 'float32']], pack: packCtcParams },
  dropout_forward: { id: 93, inputs: [['x', 'float'], ['random', 'int32']], outputs: [['y', 'float'], ['mask', 'uint8']], pack: packDropoutParams },
  dropout_grad: { id: 94, inputs: [['dy', 'float'], ['mask', 'uint8']], outputs: [['dx', 'float']], pack: packDropoutParams },
  count_nonfinite: { id: 95, inputs: [['x', 'float']], outputs: [['count', 'int32']], pack: packNoParams },
  copy_if: { id: 96, inputs: [['target', 'same'], ['x', 'same'], ['condition', 'int32']], outputs: [], pack: packNoParams },
  update_loss_scale: { id: 97, inputs: [['scale', 'float32'], ['good', 'int32'], ['nonfinite', 'int32']], outputs: [], pack: packLossScaleParams },
  sgd: { id: 98, inputs: [['param', 'float32'], ['grad', 'float32'], ['velocity', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packSgdParams },
  adam: { id: 99, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['vmax', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packAdamParams },
  adamax: { id: 100, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['largest', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packAdamaxParams },
  nadam: { id: 101, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['muProduct', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packNadamParams },
  radam: { id: 102, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packRadamParams },
  rmsprop: { id: 103, inputs: [['param', 'float32'], ['grad', 'float32'], ['square', 'float32'], ['mean', 'float32'], ['velocity', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packRmspropParams },
  adagrad: { id: 104, inputs: [['param', 'float32'], ['grad', 'float32'], ['sum', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packAdagradParams },
  adadelta: { id: 105, inputs: [['param', 'float32'], ['grad', 'float32'], ['square', 'float32'], ['change', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packAdadeltaParams },
  asgd: { id: 106, inputs: [['param', 'float32'], ['grad', 'float32'], ['average', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packAsgdParams },
  rprop: { id: 107, inputs: [['param', 'float32'], ['grad', 'float32'], ['previous', 'float32'], ['size', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packRpropParams },
  lion: { id: 108, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packLionParams },
  lars: { id: 109, inputs: [['param', 'float32'], ['grad', 'float32'], ['velocity', 'float32'], ['layer', 'int32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packLarsParams },
  lamb: { id: 110, inputs: [['param', 'float32'], ['grad', 'float32'], ['m', 'float32'], ['v', 'float32'], ['layer', 'int32'], ['lr', 'float32'], ['step', 'int32'], ['half', 'float']], outputs: [], pack: packLambParams },
  roi_align_forward: { id: 111, inputs: [['x', 'float'], ['rois', 'float32']], outputs: [['y', 'float']], pack: packRoiParams },
  roi_align_grad: { id: 112, inputs: [['dy', 'float'], ['rois', 'float32']], outputs: [['dx', 'float']], pack: packRoiParams },
  nms: { id: 113, inputs: [['boxes', 'float32'], ['order', 'int32'], ['group', 'int32']], outputs: [['keep', 'uint8']], pack: packNmsParams },
  taps: { id: 114, inputs: [['position', 'float32']], outputs: [['weight', 'float32'], ['index', 'int32']], pack: packTapsParams },
  taps_grad: { id: 115, inputs: [['position', 'float32'], ['dweight', 'float32']], outputs: [['dposition', 'float32']], pack: packTapsParams },
  draw_view: { id: 116, inputs: [['random', 'int32']], outputs: [['matrix', 'float32']], pack: packViewParams },
  draw_color: { id: 117, inputs: [['random', 'int32']], outputs: [['function', 'int32'], ['amount', 'float32']], pack: packColorParams },
  draw_color_jitter: { id: 118, inputs: [['random', 'int32']], outputs: [['function', 'int32'], ['amount', 'float32']], pack: packColorJitterParams },
  draw_rand_augment: { id: 119, inputs: [['random', 'int32']], outputs: [['matrix', 'float32'], ['function', 'int32'], ['amount', 'float32']], pack: packRandAugmentParams },
  draw_amount: { id: 120, inputs: [['random', 'int32']], outputs: [['amount', 'float32']], pack: packAmountParams },
  draw_box: { id: 121, inputs: [['random', 'int32']], outputs: [['box', 'int32'], ['outside', 'float32']], pack: packBoxParams },
  draw_beta: { id: 122, inputs: [['random', 'int32']], outputs: [['share', 'float32']], pack: packBetaParams },
  warp: { id: 123, inputs: [['x', 'uint8'], ['matrix', 'float32']], outputs: [['y', 'uint8']], pack: packWarpParams },
  recolor: { id: 124, inputs: [['x', 'uint8'], ['function', 'int32'], ['amount', 'float32']], outputs: [['y', 'uint8']], pack: packRecolorParams },
  gaussian_blur: { id: 125, inputs: [['x', 'uint8'], ['sigma', 'float32']], outputs: [['y', 'uint8']], pack: packGaussianBlurParams },
  erase: { id: 126, inputs: [['x', 'uint8'], ['box', 'int32']], outputs: [['y', 'uint8']], pack: packEraseParams },
  mixup: { id: 127, inputs: [['x', 'float32'], ['share', 'float32']], outputs: [['y', 'float32']], pack: packMixupParams },
  cutmix: { id: 128, inputs: [['x', 'same'], ['box', 'int32']], outputs: [['y', 'same']], pack: packCutmixParams },
  normalize_bytes: { id: 129, inputs: [['x', 'uint8'], ['scale', 'float32'], ['shift', 'float32']], outputs: [['y', 'float32']], pack: packChannelsParams },
};
