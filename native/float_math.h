// Elementary functions of float32 without branches or tables, so that compilers vectorise loops of them. Accurate to
// about 2 units in the last place over the whole range; infinities and NaN come out as the mathematics has them.
//
// exp, log: range reduction to a factor of 2^n and the polynomials of S. Moshier's Cephes library (expf.c, logf.c).
#pragma once

#include <cmath>

#include "half.h"

namespace convolt {

HOST_DEVICE float power_of_two(int32_t n) { return float_of(uint32_t(n + 127) << 23); }

// e^x = 2^low 2^high (1 + expm1_r): two powers, as one may be beyond float32.
struct ReducedExponent {
  int32_t low, high;
  float expm1_r;
};

HOST_DEVICE ReducedExponent reduce_exponent(float x) {
  x = x < -104.0f ? -104.0f : x;  // e^x rounds to 0
  x = x > 89.0f ? 89.0f : x;      // and to infinity
  // x = n ln 2 + r with |r| <= ln(2) / 2. Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
  constexpr float magic = 12582912.0f;
  const float shifted = x * 1.44269504f + magic;
  const int32_t exponent = int32_t(bits_of(shifted) - bits_of(magic));  // anything for NaN, which r keeps
  const float n = shifted - magic;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;  // ln 2 in two parts, the first of few bits
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const int32_t low = exponent >> 1;
  return {low, exponent - low, p * (r * r) + r};
}

HOST_DEVICE float exp_of(float x) {
  const ReducedExponent e = reduce_exponent(x);
  return (1.0f + e.expm1_r) * power_of_two(e.low) * power_of_two(e.high);
}

HOST_DEVICE float expm1_of(float x) {
  const ReducedExponent e = reduce_exponent(x);
  const float low = power_of_two(e.low);
  return (e.expm1_r * low + (low - power_of_two(-e.high))) * power_of_two(e.high);
}

// Of normal, finite numbers above 0.
HOST_DEVICE float log_of_normal(float x) {
  // x = m 2^e with m from sqrt(1/2) to sqrt(2); below, m is less 1.
  const uint32_t shifted = bits_of(x) - 0x3f3504f3u;
  const float e = float(int32_t(shifted) >> 23);
  const float m = float_of((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const float square = m * m;
  const float small = p * m * square + e * -2.12194440e-4f - 0.5f * square;
  return (m + small) + e * 0.693359375f;
}

HOST_DEVICE float log_of(float x) {
  const bool denormal = x < 1.17549435e-38f;
  const float result = log_of_normal(denormal ? x * 8388608.0f : x) - (denormal ? 15.9423847f : 0.0f);  // 2^23
  const float at_least_zero = x == 0.0f ? -INFINITY : x == INFINITY ? INFINITY : result;
  return x >= 0.0f ? at_least_zero : NAN;
}

HOST_DEVICE float log1p_of(float x) {
  const float u = 1.0f + x;
  const float lost = (x - (u - 1.0f)) / u;  // what rounding to u has left out
  return log_of(u) + (u > 0.0f && x < 1e8f ? lost : 0.0f);
}

// log(1 + exp(x)), which neither overflows nor loses what is small.
HOST_DEVICE float softplus_of(float x) {
  const float e = exp_of(-fabsf(x)), u = 1.0f + e;
  return (x > 0.0f ? x : 0.0f) + (log_of_normal(u) + (e - (u - 1.0f)) / u);
}

HOST_DEVICE float tanh_of(float x) {
  const float t = expm1_of(-2.0f * fabsf(x));
  return copysignf(t / (t + 2.0f), x);
}

HOST_DEVICE float sigmoid_of(float x) { return 1.0f / (1.0f + exp_of(-x)); }

// N. Juffa's polynomials: erf(x) = x + x P(x^2) near 0, and 1 - exp(Q(|x|)) elsewhere.
HOST_DEVICE float erf_of(float x) {
  const float square = x * x, size = fabsf(x);
  float p = -5.96761703e-4f;
  p = p * square + 4.99119423e-3f;
  p = p * square - 2.67681349e-2f;
  p = p * square + 1.12819925e-1f;
  p = p * square - 3.76125336e-1f;
  p = p * square + 1.28379166e-1f;
  const float t = size > 4.0f ? 4.0f : size;  // erf(4) is 1
  float q = -1.72853470e-5f;
  q = q * t + 3.83197126e-4f;
  q = q * t - 3.88396438e-3f;
  q = q * t + 2.42546219e-2f;
  q = q * t - 1.06777877e-1f;
  q = q * t - 6.34846687e-1f;
  q = q * t - 1.28717512e-1f;
  q = q * t - t;
  return size > 0.927734375f ? copysignf(1.0f - exp_of(q), x) : p * x + x;
}

}  // namespace convolt
