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
  POSITIVE(groups)
PARAMS(ConvParams, CONV_FIELDS)

#define POOL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES)                                        \
  SIZE(n) SIZE(d) SIZE(h) SIZE(w) SIZE(c)                                                        \
  POSITIVE(t) POSITIVE(r) POSITIVE(s)                                                            \
  SIZE(z) SIZE(p) SIZE(q)                                                                        \
  POSITIVE(strideD) POSITIVE(strideH) POSITIVE(strideW)                                          \
  OFFSET(padD) OFFSET(padH) OFFSET(padW)                                                         \
  POSITIVE(dilationD) POSITIVE(dilationH) POSITIVE(dilationW)                                    \
  SIZE(countPadding) /* average pooling: 1 divides by t*r*s, 0 by the elements inside the image */
PARAMS(PoolParams, POOL_FIELDS)

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

// Functions of one number, element by element; unary_functions.h has the formulas.
#define UNARY_FUNCTIONS(F)                                                                       \
  F(relu) F(leakyRelu) F(elu) F(selu) F(hardtanh) F(hardswish) F(hardsigmoid)                    \
  F(gelu) F(geluTanh) F(silu) F(mish) F(softplus) F(softsign) F(logSigmoid) F(sigmoid) F(tanh)   \
  F(tanhshrink) F(softshrink) F(hardshrink) F(threshold)                                         \
  F(exp) F(expm1) F(log) F(log1p) F(sqrt) F(rsqrt) F(square) F(cube) F(reciprocal) F(power)              \
  F(abs) F(sign) F(floor) F(ceil) F(round) F(clamp) F(sin) F(cos) F(erf)
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

#define FILL_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZES(shape) FLOAT(value)
PARAMS(FillParams, FILL_FIELDS)

// Reduction of the middle axis of x[outer,size,inner]; sums are multiplied by scale.
#define REDUCE_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner) FLOAT(scale)
PARAMS(ReduceParams, REDUCE_FIELDS)

// Softmax along the middle axis of x[outer,size,inner].
#define SOFTMAX_FIELDS(SIZE, POSITIVE, OFFSET, FLOAT, SIZES) SIZE(outer) SIZE(size) SIZE(inner)
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
