// The functions of the unary ops, one struct each, for all backends:
//
//     value(x)          y = f(x)
//     slope(saved)      f'(x), from what the forward pass saves: x, or y where that is marked
//     curvature(saved)  the derivative of slope(saved)
//
// alpha and beta are the parameters of the call. Where a formula would make 0 times infinity of a large x, or lose
// NaN, the code says how it does not.
#pragma once

#include "float_math.h"
#include "params.h"

namespace convolt {

// x * factor, where a factor of 0 wins over an infinite x.
HOST_DEVICE float vanishing(float x, float factor) { return factor == 0.0f ? 0.0f : x * factor; }

// sigmoid(x) (1 - sigmoid(x)), without cancellation.
HOST_DEVICE float sigmoid_slope(float x) {
  const float e = exp_of(-fabsf(x));
  return e / ((1.0f + e) * (1.0f + e));
}

// The standard normal distribution: its density, and how much of it lies below x.
HOST_DEVICE float normal_density(float x) { return 0.398942280f * exp_of(-0.5f * x * x); }
HOST_DEVICE float normal_share(float x) { return 0.5f + 0.5f * erf_of(0.707106781f * x); }

namespace unary {

struct Function {
  float alpha, beta;
};

// ---- piecewise ----

struct relu : Function {  // of y
  HOST_DEVICE float value(float x) const { return x < 0.0f ? 0.0f : x; }  // keeps NaN
  HOST_DEVICE float slope(float y) const { return y > 0.0f ? 1.0f : 0.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct leakyRelu : Function {  // alpha: slope below 0
  HOST_DEVICE float value(float x) const { return x > 0.0f ? x : alpha * x; }
  HOST_DEVICE float slope(float x) const { return x > 0.0f ? 1.0f : alpha; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct elu : Function {  // alpha (exp(beta x) - 1) below 0
  HOST_DEVICE float value(float x) const { return x > 0.0f ? x : alpha * expm1_of(beta * x); }
  HOST_DEVICE float slope(float x) const { return x > 0.0f ? 1.0f : alpha * beta * exp_of(beta * x); }
  HOST_DEVICE float curvature(float x) const { return x > 0.0f ? 0.0f : alpha * beta * beta * exp_of(beta * x); }
};

struct selu : Function {
  static constexpr float scale = 1.05070098f, below = 1.75809932f;  // below = scale * 1.67326324
  HOST_DEVICE float value(float x) const { return x > 0.0f ? scale * x : below * expm1_of(x); }
  HOST_DEVICE float slope(float x) const { return x > 0.0f ? scale : below * exp_of(x); }
  HOST_DEVICE float curvature(float x) const { return x > 0.0f ? 0.0f : below * exp_of(x); }
};

struct hardtanh : Function {  // of y; from alpha to beta, which have slope 0
  HOST_DEVICE float value(float x) const { return x < alpha ? alpha : x > beta ? beta : x; }
  HOST_DEVICE float slope(float y) const { return y > alpha && y < beta ? 1.0f : 0.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct clamp : Function {  // from alpha to beta, which have slope 1
  HOST_DEVICE float value(float x) const { return x < alpha ? alpha : x > beta ? beta : x; }
  HOST_DEVICE float slope(float x) const { return x >= alpha && x <= beta ? 1.0f : 0.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct hardswish : Function {
  HOST_DEVICE float value(float x) const { return x < -3.0f ? 0.0f : x > 3.0f ? x : x * (x + 3.0f) / 6.0f; }
  HOST_DEVICE float slope(float x) const { return x < -3.0f ? 0.0f : x > 3.0f ? 1.0f : x / 3.0f + 0.5f; }
  HOST_DEVICE float curvature(float x) const { return x < -3.0f || x > 3.0f ? 0.0f : 1.0f / 3.0f; }
};

struct hardsigmoid : Function {
  HOST_DEVICE float value(float x) const { return x < -3.0f ? 0.0f : x > 3.0f ? 1.0f : (x + 3.0f) / 6.0f; }
  HOST_DEVICE float slope(float x) const { return x > -3.0f && x < 3.0f ? 1.0f / 6.0f : 0.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct softshrink : Function {  // x moved by alpha towards 0
  HOST_DEVICE float value(float x) const { return x > alpha ? x - alpha : x < -alpha ? x + alpha : 0.0f * x; }
  HOST_DEVICE float slope(float x) const { return x > alpha || x < -alpha ? 1.0f : 0.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct hardshrink : Function {  // 0 from -alpha to alpha
  HOST_DEVICE float value(float x) const { return fabsf(x) <= alpha ? 0.0f : x; }
  HOST_DEVICE float slope(float x) const { return fabsf(x) <= alpha ? 0.0f : 1.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct threshold : Function {  // beta up to alpha
  HOST_DEVICE float value(float x) const { return x <= alpha ? beta : x; }
  HOST_DEVICE float slope(float x) const { return x <= alpha ? 0.0f : 1.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

// ---- smooth ----

struct sigmoid : Function {  // of y
  HOST_DEVICE float value(float x) const { return 1.0f / (1.0f + exp_of(-x)); }
  HOST_DEVICE float slope(float y) const { return y * (1.0f - y); }
  HOST_DEVICE float curvature(float y) const { return 1.0f - 2.0f * y; }
};

struct tanh : Function {  // of y
  HOST_DEVICE float value(float x) const { return tanh_of(x); }
  HOST_DEVICE float slope(float y) const { return 1.0f - y * y; }
  HOST_DEVICE float curvature(float y) const { return -2.0f * y; }
};

struct gelu : Function {
  HOST_DEVICE float value(float x) const { return vanishing(x, normal_share(x)); }
  HOST_DEVICE float slope(float x) const { return normal_share(x) + vanishing(x, normal_density(x)); }
  HOST_DEVICE float curvature(float x) const { return vanishing(2.0f - x * x, normal_density(x)); }
};

struct geluTanh : Function {  // x (1 + t) / 2 with t = tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3)
  static constexpr float outer = 0.797884561f, cubic = 0.044715f;
  // Beyond 10, t is 1 and its derivatives 0, but u overflows in the end.
  static HOST_DEVICE float near(float x) { return x < -10.0f ? -10.0f : x > 10.0f ? 10.0f : x; }
  static HOST_DEVICE float t_of(float x) { return tanh_of(outer * near(x) * (1.0f + cubic * near(x) * near(x))); }
  HOST_DEVICE float value(float x) const { return vanishing(x, 0.5f + 0.5f * t_of(x)); }
  HOST_DEVICE float slope(float x) const {
    const float t = t_of(x), du = outer * (1.0f + 3.0f * cubic * near(x) * near(x));
    return 0.5f + 0.5f * t + 0.5f * vanishing(x, (1.0f - t * t) * du);
  }
  HOST_DEVICE float curvature(float x) const {
    const float t = t_of(x), du = outer * (1.0f + 3.0f * cubic * near(x) * near(x)), ddu = 6.0f * outer * cubic * near(x);
    return (1.0f - t * t) * (du + near(x) * (0.5f * ddu - t * du * du));
  }
};

struct silu : Function {  // x sigmoid(x)
  HOST_DEVICE float value(float x) const { return vanishing(x, sigmoid_of(x)); }
  HOST_DEVICE float slope(float x) const { return sigmoid_of(x) + vanishing(x, sigmoid_slope(x)); }
  HOST_DEVICE float curvature(float x) const { return vanishing(2.0f + x * (1.0f - 2.0f * sigmoid_of(x)), sigmoid_slope(x)); }
};

struct mish : Function {  // x t with t = tanh(log(1 + e)), e = exp(x): t = n / (n + 2), n = e (e + 2)
  // Beyond 10, t is 1 and its derivatives 0, but e^2 overflows in the end.
  static HOST_DEVICE float e_of(float x) { return exp_of(x > 10.0f ? 10.0f : x); }
  static HOST_DEVICE float t_of(float e) { return e * (e + 2.0f) / (e * (e + 2.0f) + 2.0f); }
  static HOST_DEVICE float dt_of(float x, float e) {
    const float d = e * (e + 2.0f) + 2.0f;
    return x > 10.0f ? 0.0f : 4.0f * e * (1.0f + e) / (d * d);
  }
  HOST_DEVICE float value(float x) const { return vanishing(x, t_of(e_of(x))); }
  HOST_DEVICE float slope(float x) const { return t_of(e_of(x)) + vanishing(x, dt_of(x, e_of(x))); }
  HOST_DEVICE float curvature(float x) const {
    const float e = e_of(x), d = e * (e + 2.0f) + 2.0f;
    const float ddt = x > 10.0f ? 0.0f : 4.0f * e * ((1.0f + 2.0f * e) * d - 4.0f * e * (1.0f + e) * (1.0f + e)) / (d * d * d);
    return 2.0f * dt_of(x, e) + vanishing(x, ddt);
  }
};

struct softplus : Function {  // log(1 + exp(alpha x)) / alpha, and x where alpha x > beta
  HOST_DEVICE float value(float x) const { return alpha * x > beta ? x : softplus_of(alpha * x) / alpha; }
  HOST_DEVICE float slope(float x) const { return alpha * x > beta ? 1.0f : sigmoid_of(alpha * x); }
  HOST_DEVICE float curvature(float x) const { return alpha * x > beta ? 0.0f : alpha * sigmoid_slope(alpha * x); }
};

struct logSigmoid : Function {
  HOST_DEVICE float value(float x) const { return -softplus_of(-x); }
  HOST_DEVICE float slope(float x) const { return sigmoid_of(-x); }
  HOST_DEVICE float curvature(float x) const { return -sigmoid_slope(x); }
};

struct softsign : Function {
  HOST_DEVICE float value(float x) const { return fabsf(x) == INFINITY ? copysignf(1.0f, x) : x / (1.0f + fabsf(x)); }
  HOST_DEVICE float slope(float x) const { return 1.0f / ((1.0f + fabsf(x)) * (1.0f + fabsf(x))); }
  HOST_DEVICE float curvature(float x) const { return copysignf(2.0f, -x) * slope(x) / (1.0f + fabsf(x)); }
};

struct tanhshrink : Function {
  HOST_DEVICE float value(float x) const { return x - tanh_of(x); }
  HOST_DEVICE float slope(float x) const { return tanh_of(x) * tanh_of(x); }
  HOST_DEVICE float curvature(float x) const { return 2.0f * tanh_of(x) * (1.0f - slope(x)); }
};

// ---- mathematics ----

struct exp : Function {  // of y
  HOST_DEVICE float value(float x) const { return exp_of(x); }
  HOST_DEVICE float slope(float y) const { return y; }
  HOST_DEVICE float curvature(float) const { return 1.0f; }
};

struct expm1 : Function {  // of y
  HOST_DEVICE float value(float x) const { return expm1_of(x); }
  HOST_DEVICE float slope(float y) const { return y + 1.0f; }
  HOST_DEVICE float curvature(float) const { return 1.0f; }
};

struct log : Function {
  HOST_DEVICE float value(float x) const { return log_of(x); }
  HOST_DEVICE float slope(float x) const { return 1.0f / x; }
  HOST_DEVICE float curvature(float x) const { return -1.0f / (x * x); }
};

struct log1p : Function {
  HOST_DEVICE float value(float x) const { return log1p_of(x); }
  HOST_DEVICE float slope(float x) const { return 1.0f / (1.0f + x); }
  HOST_DEVICE float curvature(float x) const { return -1.0f / ((1.0f + x) * (1.0f + x)); }
};

struct sqrt : Function {  // of y
  HOST_DEVICE float value(float x) const { return sqrtf(x); }
  HOST_DEVICE float slope(float y) const { return 0.5f / y; }
  HOST_DEVICE float curvature(float y) const { return -0.5f / (y * y); }
};

struct rsqrt : Function {  // of y
  HOST_DEVICE float value(float x) const { return 1.0f / sqrtf(x); }
  HOST_DEVICE float slope(float y) const { return -0.5f * y * y * y; }
  HOST_DEVICE float curvature(float y) const { return -1.5f * y * y; }
};

struct square : Function {
  HOST_DEVICE float value(float x) const { return x * x; }
  HOST_DEVICE float slope(float x) const { return 2.0f * x; }
  HOST_DEVICE float curvature(float) const { return 2.0f; }
};

struct cube : Function {
  HOST_DEVICE float value(float x) const { return x * x * x; }
  HOST_DEVICE float slope(float x) const { return 3.0f * x * x; }
  HOST_DEVICE float curvature(float x) const { return 6.0f * x; }
};

struct reciprocal : Function {  // of y
  HOST_DEVICE float value(float x) const { return 1.0f / x; }
  HOST_DEVICE float slope(float y) const { return -y * y; }
  HOST_DEVICE float curvature(float y) const { return -2.0f * y; }
};

struct power : Function {  // x^alpha; a power that is constant has slope 0 at 0, too
  HOST_DEVICE float value(float x) const { return powf(x, alpha); }
  HOST_DEVICE float slope(float x) const { return alpha == 0.0f ? 0.0f : alpha * powf(x, alpha - 1.0f); }
  HOST_DEVICE float curvature(float x) const {
    const float factor = alpha * (alpha - 1.0f);
    return factor == 0.0f ? 0.0f : factor * powf(x, alpha - 2.0f);
  }
};

struct abs : Function {
  HOST_DEVICE float value(float x) const { return fabsf(x); }
  HOST_DEVICE float slope(float x) const { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct sin : Function {
  HOST_DEVICE float value(float x) const { return sinf(x); }
  HOST_DEVICE float slope(float x) const { return cosf(x); }
  HOST_DEVICE float curvature(float x) const { return -sinf(x); }
};

struct cos : Function {
  HOST_DEVICE float value(float x) const { return cosf(x); }
  HOST_DEVICE float slope(float x) const { return -sinf(x); }
  HOST_DEVICE float curvature(float x) const { return -cosf(x); }
};

struct atan : Function {
  HOST_DEVICE float value(float x) const { return atanf(x); }
  HOST_DEVICE float slope(float x) const { return 1.0f / (1.0f + x * x); }
  HOST_DEVICE float curvature(float x) const { return vanishing(-2.0f * x, slope(x) * slope(x)); }
};

struct erf : Function {
  HOST_DEVICE float value(float x) const { return erf_of(x); }
  HOST_DEVICE float slope(float x) const { return 1.12837917f * exp_of(-x * x); }
  HOST_DEVICE float curvature(float x) const { return vanishing(-2.0f * x, slope(x)); }
};

// ---- steps: the slope is 0 ----

struct Step : Function {
  HOST_DEVICE float slope(float) const { return 0.0f; }
  HOST_DEVICE float curvature(float) const { return 0.0f; }
};

struct sign : Step {
  HOST_DEVICE float value(float x) const { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }  // keeps NaN
};
struct floor : Step {
  HOST_DEVICE float value(float x) const { return floorf(x); }
};
struct ceil : Step {
  HOST_DEVICE float value(float x) const { return ceilf(x); }
};
struct round : Step {
  HOST_DEVICE float value(float x) const { return rintf(x); }  // halves to even
};

enum class Number : int32_t { UNARY_FUNCTIONS(ENUMERATOR) };

}  // namespace unary

// Calls body(f) with the function that a call names, as an object of its own type.
template <class Body>
HOST_DEVICE void with_unary(const UnaryParams& p, const Body& body) {
  switch (unary::Number(p.function)) {
#define UNARY(name) \
  case unary::Number::name: return body(unary::name{{p.alpha, p.beta}});
    UNARY_FUNCTIONS(UNARY)
#undef UNARY
  }
}

}  // namespace convolt
