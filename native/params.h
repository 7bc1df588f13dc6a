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
// from -32768 to 32768, FLOAT a float32, SIZES six ints >= 0.
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
  POSITIVE(groups)
PARAMS(ConvParams, CONV_FIELDS)

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

// Regions of interest (image, x1, y1, x2, y2) cut into P x Q bins of whole pixels within [0, h] and [0, w]; inclusive: x2 and
// y2 belong to the region.
#define ROI_SPANS_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                   \
  SIZE(m) SIZE(p) SIZE(q) SIZE(h) SIZE(w) SIZE(inclusive) FLOAT(scale)
PARAMS(RoiSpansParams, ROI_SPANS_FIELDS)

// Position-sensitive pooling: bin (p, q) of channel k averages channel (k, p, q) of the images.
#define PS_ROI_POOL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                 \
  SIZE(n) SIZE(h) SIZE(w) SIZE(k) SIZE(p) SIZE(q) SIZE(m)
PARAMS(PsRoiPoolParams, PS_ROI_POOL_FIELDS)

// y[m,n] = op(a)[m,k] op(b)[k,n]; a transposed operand is stored the other way round.
#define MATMUL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                      \
  SIZE(m) SIZE(n) SIZE(k) SIZE(transposeA) SIZE(transposeB)
PARAMS(MatmulParams, MATMUL_FIELDS)

// Normalisation over `rows` of a [rows,c] view. momentum is the weight of the new statistics.
#define NORM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(rows) SIZE(c) SIZE(training) FLOAT(momentum) FLOAT(eps)
PARAMS(NormParams, NORM_FIELDS)

#define NO_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)
PARAMS(NoParams, NO_FIELDS)

// y has extents `shape`; strideA and strideB step through a and b, 0 along a broadcast axis.
#define BROADCAST_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) SIZES(strideA) SIZES(strideB)
PARAMS(BroadcastParams, BROADCAST_FIELDS)

// y = scale * x + shift, x broadcast to `shape`.
#define AFFINE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) SIZES(stride) FLOAT(scale) FLOAT(shift)
PARAMS(AffineParams, AFFINE_FIELDS)

#define FILL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) FLOAT(value)
PARAMS(FillParams, FILL_FIELDS)

// Reduction of the middle axis of x[outer,size,inner]; sums are multiplied by scale.
#define REDUCE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) FLOAT(scale)
PARAMS(ReduceParams, REDUCE_FIELDS)

#define SOFTMAX_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(rows) SIZE(cols)
PARAMS(SoftmaxParams, SOFTMAX_FIELDS)

#define CROSS_ENTROPY_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(rows) SIZE(classes) FLOAT(labelSmoothing)
PARAMS(CrossEntropyParams, CROSS_ENTROPY_FIELDS)

#define DROPOUT_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) FLOAT(probability)
PARAMS(DropoutParams, DROPOUT_FIELDS)

// target = alpha * x + beta * target; beta = 0 never reads target.
#define ACCUMULATE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) FLOAT(alpha) FLOAT(beta)
PARAMS(AccumulateParams, ACCUMULATE_FIELDS)

#define SGD_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                         \
  FLOAT(momentum) FLOAT(dampening) FLOAT(weightDecay) SIZE(nesterov)
PARAMS(SgdParams, SGD_FIELDS)

// decoupled: 1 is AdamW (decay of the parameter), 0 is L2 (decay in the gradient).
#define ADAM_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  FLOAT(beta1) FLOAT(beta2) FLOAT(eps) FLOAT(weightDecay) SIZE(decoupled)
PARAMS(AdamParams, ADAM_FIELDS)

}  // namespace convolt
