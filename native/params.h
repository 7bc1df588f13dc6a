// One plain struct of parameters for each family of ops. A struct is a list of 32-bit words, so it
// travels from TypeScript in an Int32Array; its field names and kinds travel with it, for
// scripts/native_types.mjs and for the checks in native/signature.cc.
//
// Letters are the field's own: images N x D x H x W x C, filters K x T x R x S, outputs N x Z x P x Q x K.
// 1-D and 2-D are the cases with leading ones (D = T = Z = 1, and H = R = P = 1).
#pragma once

#include <cstdint>

namespace convolt {

// Field kinds: SIZE is an int >= 0 (extents, flags), POSITIVE an int from 1 to 32768 (divisors and steps), OFFSET one
// from -32768 to 32768, FLOAT a float32, SIZES six ints >= 0. A choice is a place in a list of words, each of which
// ends in `|`; in TypeScript it is the word.
constexpr int kMaxRank = 6;

#define SIZE_MEMBER(name) int32_t name;
#define FLOAT_MEMBER(name) float name;
#define SIZES_MEMBER(name) int32_t name[kMaxRank];
#define SIZE_LABEL(name) #name ":size "
#define POSITIVE_LABEL(name) #name ":positive "
#define OFFSET_LABEL(name) #name ":offset "
#define FLOAT_LABEL(name) #name ":float "
#define SIZES_LABEL(name) #name ":sizes "
#define PARAMS(Name, FIELDS)                                                                     \
  struct Name {                                                                                  \
    FIELDS(SIZE_MEMBER, SIZE_MEMBER, SIZE_MEMBER, FLOAT_MEMBER, SIZES_MEMBER)                    \
    static constexpr const char* fields =                                                        \
        "" FIELDS(SIZE_LABEL, POSITIVE_LABEL, OFFSET_LABEL, FLOAT_LABEL, SIZES_LABEL);           \
  };

#define CONV_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(n) SIZE(d) SIZE(h) SIZE(w) SIZE(c)                                                        \
  SIZE(k) SIZE(t) SIZE(r) SIZE(s)                                                                \
  SIZE(z) SIZE(p) SIZE(q)                                                                        \
  POSITIVE(strideD) POSITIVE(strideH) POSITIVE(strideW)                                          \
  OFFSET(padD) OFFSET(padH) OFFSET(padW) /* before the first element; p, q, z imply the rest */  \
  POSITIVE(dilationD) POSITIVE(dilationH) POSITIVE(dilationW)                                    \
  POSITIVE(groups)                                                                               \
  SIZE(algorithm) /* a ConvAlgorithm */                                                           \
  SIZE(tf32)      /* 1: products of float32 may round their operands to TF32 */                   \
  SIZE(activation) /* of y, after everything is added: a ConvActivation */
PARAMS(ConvParams, CONV_FIELDS)

// Which kernels run a convolution. pointwise is for 1x1 windows that do not move, of which x is its own matrix; implicit_gemm
// for the types that tensor cores take, and im2col where they do not; wgmma for what conv/warpgroup_convolution.cuh and
// mma/warpgroup_product.cuh take, and implicit_gemm where they do not. On the CPU direct are loops of our own where they take it, and all others oneDNN.
enum class ConvAlgorithm : int32_t { automatic, im2col, direct, pointwise, implicit_gemm, wgmma };

enum class ConvActivation : int32_t { none, relu, relu6 };

// A convolution in front of a batch normalisation in training, whose momentum and eps these are.
#define CONV_BATCH_NORM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                             \
  CONV_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) FLOAT(momentum) FLOAT(eps)
PARAMS(ConvBatchNormParams, CONV_BATCH_NORM_FIELDS)

#define POOL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(n) SIZE(d) SIZE(h) SIZE(w) SIZE(c)                                                        \
  POSITIVE(t) POSITIVE(r) POSITIVE(s)                                                            \
  SIZE(z) SIZE(p) SIZE(q)                                                                        \
  POSITIVE(strideD) POSITIVE(strideH) POSITIVE(strideW)                                          \
  OFFSET(padD) OFFSET(padH) OFFSET(padW)                                                         \
  POSITIVE(dilationD) POSITIVE(dilationH) POSITIVE(dilationW)                                    \
  /* Average pooling divides by divisor; if that is 0, by the elements of the window inside the image, and with     \
     countPadding also those in the padding, which ends after* behind it. */                     \
  OFFSET(afterD) OFFSET(afterH) OFFSET(afterW) SIZE(countPadding) FLOAT(divisor)                 \
  FLOAT(norm) /* Lp pooling: p */
PARAMS(PoolParams, POOL_FIELDS)

// Windows of any size: outputs M x Z x P x Q x C, each a window of one of the images. A window along one axis is a span
// [first, last), of which every dilation-th element counts. Spans come in rows for each axis: one for all M x C columns
// of outputs, or one for each M, or one for each M and C. `empty` is the maximum of no elements.
#define MAX_WINDOWS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                 \
  SIZE(n) SIZE(d) SIZE(h) SIZE(w) SIZE(c)                                                        \
  SIZE(m) SIZE(z) SIZE(p) SIZE(q)                                                                \
  SIZE(rowsD) SIZE(rowsH) SIZE(rowsW)                                                            \
  POSITIVE(dilationD) POSITIVE(dilationH) POSITIVE(dilationW) FLOAT(empty)
PARAMS(MaxWindowsParams, MAX_WINDOWS_FIELDS)

// Positions in the planes of N images: M x outputs of them, for each channel its own.
#define PLANE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) SIZE(inputs) SIZE(m) SIZE(outputs) SIZE(c)
PARAMS(PlaneParams, PLANE_FIELDS)

// Spans along one axis from random samples, of which there are so many as axes for each of M images and C channels.
#define FRACTIONAL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                  \
  SIZE(m) SIZE(c) SIZE(axes) SIZE(axis) SIZE(input) SIZE(outputs) SIZE(kernel)
PARAMS(FractionalParams, FRACTIONAL_FIELDS)

// Regions of interest (image, x1, y1, x2, y2) cut into P x Q bins of whole pixels within [0, h] and [0, w].
#define ROI_SPANS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                   \
  SIZE(m) SIZE(p) SIZE(q) SIZE(h) SIZE(w) FLOAT(scale)
PARAMS(RoiSpansParams, ROI_SPANS_FIELDS)

// y[m,n] = op(a)[m,k] op(b)[k,n]; a transposed operand is stored the other way round.
#define MATMUL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                      \
  SIZE(m) SIZE(n) SIZE(k) SIZE(transposeA) SIZE(transposeB)
PARAMS(MatmulParams, MATMUL_FIELDS)

// That many products. An operand with another batch than y's has its first matrix in all of them.
#define BATCH_MATMUL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                \
  SIZE(batch) SIZE(batchA) SIZE(batchB) SIZE(m) SIZE(n) SIZE(k) SIZE(transposeA) SIZE(transposeB)
PARAMS(BatchMatmulParams, BATCH_MATMUL_FIELDS)

// Normalisation over `rows` of a [rows,c] view. momentum is the weight of the new statistics; relu: 1 clips y at 0.
#define NORM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(rows) SIZE(c) SIZE(training) SIZE(relu) FLOAT(momentum) FLOAT(eps)
PARAMS(NormParams, NORM_FIELDS)

// Normalisation over s and c of x[n,s,g,c]. centred: 0 leaves the mean in place, as root-mean-square norm does.
#define GROUP_NORM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                  \
  SIZE(n) SIZE(s) SIZE(g) SIZE(c) SIZE(centred) FLOAT(eps)
PARAMS(GroupNormParams, GROUP_NORM_FIELDS)

#define NO_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)
PARAMS(NoParams, NO_FIELDS)

// Functions of one number, element by element; unary_functions.h has the formulas.
#define UNARY_FUNCTIONS(F)                                                                       \
  F(relu) F(leakyRelu) F(elu) F(selu) F(hardtanh) F(hardswish) F(hardsigmoid)                    \
  F(gelu) F(geluTanh) F(silu) F(mish) F(softplus) F(softsign) F(logSigmoid) F(sigmoid) F(tanh)   \
  F(tanhshrink) F(softshrink) F(hardshrink) F(threshold)                                         \
  F(exp) F(expm1) F(log) F(log1p) F(sqrt) F(rsqrt) F(square) F(cube) F(reciprocal) F(power)      \
  F(abs) F(sign) F(floor) F(ceil) F(round) F(clamp) F(sin) F(cos) F(atan) F(erf)
#define CHOICE(name) #name "|"
#define ENUMERATOR(name) name,
struct UnaryParams {
  int32_t function;    // a place in the list above
  float alpha, beta;   // what they mean is the function's own
  static constexpr const char* fields = "function:" UNARY_FUNCTIONS(CHOICE) " alpha:float beta:float ";
};

// y has extents `shape`; strideA and strideB step through a and b, 0 along a broadcast axis.
#define BROADCAST_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) SIZES(strideA) SIZES(strideB)
PARAMS(BroadcastParams, BROADCAST_FIELDS)

// The same with a choice of how a relates to b.
#define RELATIONS(F) F(equal) F(notEqual) F(less) F(lessEqual)
enum class Relation : int32_t { RELATIONS(ENUMERATOR) };
struct CompareParams {
  int32_t relation;
  int32_t shape[kMaxRank], strideA[kMaxRank], strideB[kMaxRank];
  static constexpr const char* fields = "relation:" RELATIONS(CHOICE) " shape:sizes strideA:sizes strideB:sizes ";
};

#define CONNECTIVES(F) F(conjunction) F(disjunction) F(exclusion)
enum class Connective : int32_t { CONNECTIVES(ENUMERATOR) };
struct LogicalParams {
  int32_t connective;
  int32_t shape[kMaxRank], strideA[kMaxRank], strideB[kMaxRank];
  static constexpr const char* fields = "connective:" CONNECTIVES(CHOICE) " shape:sizes strideA:sizes strideB:sizes ";
};

#define TERNARY_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) SIZES(strideA) SIZES(strideB) SIZES(strideC)
PARAMS(TernaryParams, TERNARY_FIELDS)

// y = scale * x + shift, x broadcast to `shape`.
#define AFFINE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) SIZES(stride) FLOAT(scale) FLOAT(shift)
PARAMS(AffineParams, AFFINE_FIELDS)

// A walk over part of a dense tensor: `stride` elements apart along each axis, and from the last to the first where
// `reversed` is not 0.
#define STRIDED_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) SIZES(stride) SIZES(reversed)
PARAMS(StridedParams, STRIDED_FIELDS)

#define SHAPE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape)
PARAMS(ShapeParams, SHAPE_FIELDS)

#define FILL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) FLOAT(value)
PARAMS(FillParams, FILL_FIELDS)

// Reduction of the middle axis of x[outer,size,inner].
#define AXIS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner)
PARAMS(AxisParams, AXIS_FIELDS)

// The same for sums, which are multiplied by scale.
#define REDUCE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) FLOAT(scale)
PARAMS(ReduceParams, REDUCE_FIELDS)

// Windows on images, as convolution and pooling have them.
#define UNFOLD_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                      \
  SIZE(n) SIZE(d) SIZE(h) SIZE(w) SIZE(c)                                                        \
  POSITIVE(t) POSITIVE(r) POSITIVE(s)                                                            \
  SIZE(z) SIZE(p) SIZE(q)                                                                        \
  POSITIVE(strideD) POSITIVE(strideH) POSITIVE(strideW)                                          \
  OFFSET(padD) OFFSET(padH) OFFSET(padW)                                                         \
  POSITIVE(dilationD) POSITIVE(dilationH) POSITIVE(dilationW)
PARAMS(UnfoldParams, UNFOLD_FIELDS)

// A sparse matrix [count,size] along the middle axis of x[outer,size,inner]: row j has the terms from ends[j-1] to
// ends[j], which is index and weight.
#define RESAMPLE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) SIZE(count) SIZE(terms)
PARAMS(ResampleParams, RESAMPLE_FIELDS)

// scale = k + alpha * sum of x^2 over `size` neighbouring channels; y = x * scale^-beta.
#define RESPONSE_NORM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                               \
  SIZE(rows) SIZE(c) POSITIVE(size) FLOAT(alpha) FLOAT(beta) FLOAT(k)
PARAMS(ResponseNormParams, RESPONSE_NORM_FIELDS)

// The p-norm along the middle axis; infinity is that of the largest.
#define VECTOR_NORM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) FLOAT(p)
PARAMS(VectorNormParams, VECTOR_NORM_FIELDS)

// Running sums along the middle axis, from its end if `reverse`.
#define CUMSUM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) SIZE(reverse)
PARAMS(CumsumParams, CUMSUM_FIELDS)

// The first `count` elements of each middle axis of x[outer,size,inner] when it is sorted.
#define SORT_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) SIZE(count) SIZE(descending)
PARAMS(SortParams, SORT_FIELDS)

#define ONE_HOT_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(classes)
PARAMS(OneHotParams, ONE_HOT_FIELDS)

// `count` places along the middle axis of x[outer,size,inner], named by index[outer,count,inner].
#define GATHER_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) SIZE(count)
PARAMS(GatherParams, GATHER_FIELDS)

// Row s of y[outer,sources,c] is the sum of the `taps` rows of x[outer,rows,c] that index[sources,taps] names.
// An index of -1 names none, nor does `skip` - 1.
#define ROWS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(outer) SIZE(rows) SIZE(c) SIZE(sources) SIZE(taps) SIZE(skip)
PARAMS(RowsParams, ROWS_FIELDS)

// Softmax along the middle axis of x[outer,size,inner].
#define SOFTMAX_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner)
PARAMS(SoftmaxParams, SOFTMAX_FIELDS)

// ignores: whether rows with the label ignoreIndex do not count; normalised: whether the logits are logarithms of
// probabilities already, to be taken as they are. Both for labels only.
#define CROSS_ENTROPY_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                               \
  SIZE(rows) SIZE(classes) FLOAT(labelSmoothing) SIZE(ignores) OFFSET(ignoreIndex) SIZE(normalised)
PARAMS(CrossEntropyParams, CROSS_ENTROPY_FIELDS)

// t steps of n sequences over c classes, s labels at most, and states = 2 s + 1.
#define CTC_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                         \
  SIZE(t) SIZE(n) SIZE(c) SIZE(s) SIZE(states) SIZE(blank) SIZE(zeroInfinity)
PARAMS(CtcParams, CTC_FIELDS)

#define DROPOUT_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) FLOAT(probability)
PARAMS(DropoutParams, DROPOUT_FIELDS)

// growth: the scale's factor after `every` good steps; backoff: that after a step with gradients that are not finite.
#define LOSS_SCALE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) FLOAT(growth) FLOAT(backoff) SIZE(every)
PARAMS(LossScaleParams, LOSS_SCALE_FIELDS)

// target = alpha * x + beta * target; beta = 0 never reads target.
#define ACCUMULATE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) FLOAT(alpha) FLOAT(beta)
PARAMS(AccumulateParams, ACCUMULATE_FIELDS)

// Of optimisers, direction is what the gradient is multiplied by: 1 goes down, -1 up.
#define SGD_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                         \
  FLOAT(momentum) FLOAT(dampening) FLOAT(weightDecay) SIZE(nesterov) FLOAT(direction)
PARAMS(SgdParams, SGD_FIELDS)

// decoupled: 1 is AdamW (decay of the parameter), 0 is L2 (decay in the gradient).
#define ADAM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  FLOAT(beta1) FLOAT(beta2) FLOAT(eps) FLOAT(weightDecay) SIZE(decoupled) FLOAT(direction)
PARAMS(AdamParams, ADAM_FIELDS)

// The t pixels, and their weights, that each of m positions of image n reads: t is 1 for the nearest pixel, 2 (linear) or 4
// (cubic) to the power of `axes`. Position i sees channel group i % groups of its image's [d,h,w,groups].
#define TAPS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(n) SIZE(m) SIZE(axes) SIZE(t)                                                             \
  SIZE(d) SIZE(h) SIZE(w) POSITIVE(groups)                                                       \
  SIZE(border)       /* what lies outside: 0 zeros, 1 the edge, 2 the image's reflection */      \
  SIZE(normalized)   /* 1: positions run from -1 to 1 over the image, 0: they count pixels */    \
  SIZE(alignCorners) /* 1: -1 and 1 are the outermost pixels' centres, 0: their edges */         \
  SIZE(widthFirst)   /* 1: a position is (w, h, d), 0: (d, h, w) */
PARAMS(TapsParams, TAPS_FIELDS)

#define ADAMAX_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                      \
  FLOAT(beta1) FLOAT(beta2) FLOAT(eps) FLOAT(weightDecay) FLOAT(direction)
PARAMS(AdamaxParams, ADAMAX_FIELDS)

// repeatMu: 1 multiplies mu(t) into the product up to t+1 twice, as PyTorch 1.13 does.
#define NADAM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                       \
  FLOAT(beta1) FLOAT(beta2) FLOAT(eps) FLOAT(weightDecay) FLOAT(momentumDecay) SIZE(repeatMu) FLOAT(direction)
PARAMS(NadamParams, NADAM_FIELDS)

#define RADAM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                       \
  FLOAT(beta1) FLOAT(beta2) FLOAT(eps) FLOAT(weightDecay) FLOAT(direction)
PARAMS(RadamParams, RADAM_FIELDS)

#define RMSPROP_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                     \
  FLOAT(alpha) FLOAT(eps) FLOAT(weightDecay) FLOAT(momentum) FLOAT(direction)
PARAMS(RmspropParams, RMSPROP_FIELDS)

#define ADAGRAD_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                     \
  FLOAT(lrDecay) FLOAT(eps) FLOAT(weightDecay) FLOAT(direction)
PARAMS(AdagradParams, ADAGRAD_FIELDS)

#define ADADELTA_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                    \
  FLOAT(rho) FLOAT(eps) FLOAT(weightDecay) FLOAT(direction)
PARAMS(AdadeltaParams, ADADELTA_FIELDS)

#define ASGD_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  FLOAT(lambda) FLOAT(alpha) FLOAT(averageFrom) FLOAT(weightDecay) FLOAT(direction)
PARAMS(AsgdParams, ASGD_FIELDS)

// A step size shrinks by etaMinus, grows by etaPlus, and stays within least and most.
#define RPROP_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                       \
  FLOAT(etaMinus) FLOAT(etaPlus) FLOAT(least) FLOAT(most) FLOAT(direction)
PARAMS(RpropParams, RPROP_FIELDS)

#define LION_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) FLOAT(beta1) FLOAT(beta2) FLOAT(weightDecay) FLOAT(direction)
PARAMS(LionParams, LION_FIELDS)

// n elements of `count` parameters. trust: the step of a layer in units of its weights' norm.
#define LARS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(n) SIZE(count) FLOAT(momentum) FLOAT(trust) FLOAT(eps) FLOAT(weightDecay) FLOAT(direction)
PARAMS(LarsParams, LARS_FIELDS)

#define LAMB_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(n) SIZE(count) FLOAT(beta1) FLOAT(beta2) FLOAT(eps) FLOAT(weightDecay) FLOAT(direction)
PARAMS(LambParams, LAMB_FIELDS)

// Averages over the p x q bins of r regions of images [n,h,w,k,bins]: bins is 1, or p * q where each bin of a region has
// channels of its own. samplingRatio: samples along each axis of a bin; below 1, one for each pixel that it is long.
#define ROI_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                         \
  SIZE(n) SIZE(h) SIZE(w) SIZE(k) POSITIVE(bins)                                                 \
  SIZE(r) SIZE(p) SIZE(q)                                                                        \
  FLOAT(spatialScale) OFFSET(samplingRatio)                                                      \
  SIZE(aligned)     /* 1: a pixel's centre is half a pixel from its edge */                      \
  SIZE(wholePixels) /* 1: bins average the pixels that they touch, instead of samples */
PARAMS(RoiParams, ROI_FIELDS)

#define NMS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) FLOAT(iouThreshold)
PARAMS(NmsParams, NMS_FIELDS)

// ---- augmentation: batches of n images [h,w,c] of bytes; sides are POSITIVE, so that places are counted in 32 bits ----

// A matrix maps the place (x, y) of a pixel of y [p,q] to one of x: {xx, xy, x0, yx, yy, y0}. Places are in pixels, the
// image's upper left corner at (0, 0), so that the centre of the first pixel is at (1/2, 1/2).
#define INTERPOLATIONS(F) F(nearest) F(bilinear)
#define WARP_BORDERS(F) F(fill) F(edge)
enum class Interpolation : int32_t { INTERPOLATIONS(ENUMERATOR) };
enum class WarpBorder : int32_t { WARP_BORDERS(ENUMERATOR) };
struct WarpParams {
  int32_t n, h, w, c, p, q;
  int32_t interpolation;
  int32_t border;  // what lies outside of x: pixels of `fill`, or the nearest one of x
  int32_t fill;
  static constexpr const char* fields =
      "n:size h:positive w:positive c:size p:positive q:positive interpolation:" INTERPOLATIONS(CHOICE) " border:" WARP_BORDERS(CHOICE) " fill:size ";
};

// A random matrix for each image: a region of x, mirrored, then moved about its centre. Angles are in radians.
#define REGIONS(F) F(whole) F(crop) F(resizedCrop)
enum class Region : int32_t { REGIONS(ENUMERATOR) };
struct ViewParams {
  int32_t n, h, w, p, q;
  int32_t region;
  int32_t padding;                               // of a crop: how far it may reach out of x
  float areaLow, areaHigh, ratioLow, ratioHigh;  // of a resized crop: its share of x, and width / height
  float flipX, flipY;                            // probabilities
  float angle, translateX, translateY;           // at most, to either side; a shift is a share of [p,q]
  float zoomLow, zoomHigh, shearX, shearY;
  static constexpr const char* fields =
      "n:size h:positive w:positive p:positive q:positive region:" REGIONS(CHOICE) " padding:offset areaLow:float areaHigh:float ratioLow:float "
      "ratioHigh:float flipX:float flipY:float angle:float translateX:float translateY:float zoomLow:float zoomHigh:float "
      "shearX:float shearY:float ";
};

// `steps` functions of colours for each image, one after the other, with an amount for each; recolor.h has the formulas.
#define RECOLOR_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) POSITIVE(h) POSITIVE(w) SIZE(c) SIZE(steps)
PARAMS(RecolorParams, RECOLOR_FIELDS)

// The same function for all, with an amount between low and high; for some, by chance, identity.
#define COLOR_FUNCTIONS(F)                                                                       \
  F(identity) F(brightness) F(contrast) F(saturation) F(hue) F(grayscale) F(invert)              \
  F(posterize) F(solarize) F(autocontrast) F(equalize) F(sharpness)
enum class ColorFunction : int32_t { COLOR_FUNCTIONS(ENUMERATOR) };
struct ColorParams {
  int32_t n;
  int32_t function;
  float low, high, probability;
  static constexpr const char* fields = "n:size function:" COLOR_FUNCTIONS(CHOICE) " low:float high:float probability:float ";
};

// Brightness, contrast, saturation and hue in an order of chance.
#define COLOR_JITTER_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                \
  SIZE(n) FLOAT(brightnessLow) FLOAT(brightnessHigh) FLOAT(contrastLow) FLOAT(contrastHigh)      \
  FLOAT(saturationLow) FLOAT(saturationHigh) FLOAT(hueLow) FLOAT(hueHigh)
PARAMS(ColorJitterParams, COLOR_JITTER_FIELDS)

// One of RandAugment's fourteen operations for each image, at a magnitude from 0 to 1.
#define RAND_AUGMENT_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) POSITIVE(h) POSITIVE(w) FLOAT(magnitude)
PARAMS(RandAugmentParams, RAND_AUGMENT_FIELDS)

// A number between low and high for each image; for some, by chance, 0.
#define AMOUNT_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) FLOAT(low) FLOAT(high) FLOAT(probability)
PARAMS(AmountParams, AMOUNT_FIELDS)

#define GAUSSIAN_BLUR_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) POSITIVE(h) POSITIVE(w) SIZE(c) POSITIVE(kernel)
PARAMS(GaussianBlurParams, GAUSSIAN_BLUR_FIELDS)

// A box {top, left, bottom, right} of each image, empty by chance: a share of the area (erase), a square of `size` that may
// stick out (cutout), or a share that is Beta(alpha, alpha) (cutmix).
#define BOX_KINDS(F) F(erase) F(cutout) F(cutmix)
enum class BoxKind : int32_t { BOX_KINDS(ENUMERATOR) };
struct BoxParams {
  int32_t n, h, w;
  int32_t kind;
  float probability, areaLow, areaHigh, ratioLow, ratioHigh;  // ratio: height / width
  int32_t size;
  float alpha;
  static constexpr const char* fields =
      "n:size h:positive w:positive kind:" BOX_KINDS(CHOICE) " probability:float areaLow:float areaHigh:float ratioLow:float "
      "ratioHigh:float size:positive alpha:float ";
};

#define ERASE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) POSITIVE(h) POSITIVE(w) SIZE(c) SIZE(fill)
PARAMS(EraseParams, ERASE_FIELDS)

// Beta(alpha, alpha) for each image.
#define BETA_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) FLOAT(alpha)
PARAMS(BetaParams, BETA_FIELDS)

// Image i is mixed with the one before it, the first with the last.
#define MIXUP_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) SIZE(size)
PARAMS(MixupParams, MIXUP_FIELDS)
#define CUTMIX_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(n) POSITIVE(h) POSITIVE(w) SIZE(c)
PARAMS(CutmixParams, CUTMIX_FIELDS)

#define CHANNELS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(rows) SIZE(c)
PARAMS(ChannelsParams, CHANNELS_FIELDS)

}  // namespace convolt
