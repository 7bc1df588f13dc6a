// Normalisation of each element of x [rows,c] by the squares of neighbouring channels, and its gradient.
#include "backend.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace convolt::cpu {
namespace {

// sum[i] = the sum of value[i - before] to value[i + after], without what lies outside of the row.
VECTORIZED void window_sums(const float* value, float* sum, int64_t n, int64_t before, int64_t after) {
  for (int64_t i = 0; i < n; i++) sum[i] = 0;
  for (int64_t tap = std::max(-before, 1 - n); tap <= std::min(after, n - 1); tap++) {
    const int64_t begin = std::max<int64_t>(0, -tap), end = std::min(n, n - tap);
    for (int64_t i = begin; i < end; i++) sum[i] += value[i + tap];
  }
}

// y[i] = x[i] * scale[i]^-beta. The usual exponent 0.75 is two square roots, which vector units have.
VECTORIZED void divide_by_power(const float* x, const float* scale, float* y, int64_t n, float beta) {
  if (beta == 0.75f) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] / (std::sqrt(scale[i]) * std::sqrt(std::sqrt(scale[i])));
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * std::pow(scale[i], -beta);
  }
}

}  // namespace

void local_response_norm_forward(Context&, Bufs in, Bufs out, const ResponseNormParams& p) {
  const float* x = in[0].as<float>();
  float *y = out[0].as<float>(), *scale = out[1].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(p.rows, kElementGrain / p.c / 8 + 1, [&](int64_t begin, int64_t end) {
    std::vector<float> squares(size_t(p.c));
    for (int64_t at = begin * p.c; at < end * p.c; at += p.c) {
      for (int64_t c = 0; c < p.c; c++) squares[c] = x[at + c] * x[at + c];
      window_sums(squares.data(), scale + at, p.c, p.size / 2, (p.size - 1) / 2);
      for (int64_t c = 0; c < p.c; c++) scale[at + c] = p.k + p.alpha * scale[at + c];
      divide_by_power(x + at, scale + at, y + at, p.c, p.beta);
    }
  });
}

void local_response_norm_grad(Context&, Bufs in, Bufs out, const ResponseNormParams& p) {
  const float *x = in[0].as<float>(), *y = in[1].as<float>(), *scale = in[2].as<float>(), *dy = in[3].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(p.rows, kElementGrain / p.c / 8 + 1, [&](int64_t begin, int64_t end) {
    std::vector<float> share(size_t(p.c)), sum(size_t(p.c));
    for (int64_t at = begin * p.c; at < end * p.c; at += p.c) {
      for (int64_t c = 0; c < p.c; c++) share[c] = dy[at + c] * y[at + c] / scale[at + c];
      window_sums(share.data(), sum.data(), p.c, (p.size - 1) / 2, p.size / 2);
      divide_by_power(dy + at, scale + at, dx + at, p.c, p.beta);
      for (int64_t c = 0; c < p.c; c++) dx[at + c] -= 2.0f * p.alpha * p.beta * x[at + c] * sum[c];
    }
  });
}

}  // namespace convolt::cpu
