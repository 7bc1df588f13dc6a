// The p-norm along the middle axis of x [outer,size,inner], sum(|x|^p)^(1/p) or the largest |x|, and its gradient
// dx = dy sign(x) (|x| / y)^(p-1), which the largest elements share, and which is 0 where x or y is 0.
#include "backend.h"
#include "reduce.h"

namespace convolt::cpu {
namespace {

float power(float x, float p) { return p == 1 ? x : p == 2 ? x * x : std::pow(x, p); }

// How many of an axis' elements have the size of the norm, for each of [outer,inner].
std::vector<float> count_largest(const float* x, const float* y, const VectorNormParams& p) {
  std::vector<float> count(size_t(int64_t(p.outer) * p.inner));
  reduce_sum(x, p, [=](float value, int64_t i) { return std::fabs(value) == y[i] ? 1.0f : 0.0f; },
             [&](int64_t i, double sum) { count[i] = float(sum); });
  return count;
}

}  // namespace

void vector_norm(Context& ctx, Bufs in, Bufs out, const VectorNormParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  const int64_t n = out[0].numel;
  if (p.size == 0) std::fill_n(y, n, 0.0f);
  else if (std::isinf(p.p)) reduce_extreme<true>(x, y, ctx.scratch_array<int32_t>(n), p, [](float value) { return std::fabs(value); });
  else if (p.p == 1) reduce_sum(x, p, [](float value, int64_t) { return std::fabs(value); }, [=](int64_t i, double sum) { y[i] = float(sum); });
  else if (p.p == 2) reduce_sum(x, p, [](float value, int64_t) { return value * value; }, [=](int64_t i, double sum) { y[i] = float(std::sqrt(sum)); });
  else reduce_sum(x, p, [&](float value, int64_t) { return std::pow(std::fabs(value), p.p); },
                  [&](int64_t i, double sum) { y[i] = float(std::pow(sum, 1 / double(p.p))); });
}

void vector_norm_grad(Context&, Bufs in, Bufs out, const VectorNormParams& p) {
  const float *x = in[0].as<float>(), *y = in[1].as<float>(), *dy = in[2].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  const bool infinite = std::isinf(p.p);
  const std::vector<float> count = infinite ? count_largest(x, y, p) : std::vector<float>();
  parallel_for(int64_t(p.outer) * p.size, kElementGrain / 8 / p.inner + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      for (int64_t i = 0; i < p.inner; i++) {
        const int64_t at = row * p.inner + i, result = row / p.size * p.inner + i;
        const float size = std::fabs(x[at]), norm = y[result];
        const float share = infinite ? (size == norm ? 1 / count[result] : 0.0f) : power(size / norm, p.p - 1);
        dx[at] = size == 0 || norm == 0 ? 0.0f : dy[result] * std::copysign(share, x[at]);
      }
    }
  });
}

}  // namespace convolt::cpu
