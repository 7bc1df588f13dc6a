// log(sum(exp(x))) along the middle axis of x [outer,size,inner], and its gradient dy * exp(x - y). The largest element is
// subtracted first, so that nothing overflows; infinities are subtracted as 0.
#include "backend.h"
#include "reduce.h"

namespace convolt::cpu {
namespace {

float finite_or_zero(float x) { return std::isinf(x) ? 0.0f : x; }

}  // namespace

void log_sum_exp(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (p.size == 0) {
    std::fill_n(y, out[0].numel, -INFINITY);
    return;
  }
  int32_t* place = ctx.scratch_array<int32_t>(out[0].numel);
  float* largest = ctx.scratch_array<float>(out[0].numel);  // [outer,inner]
  reduce_extreme<true>(x, largest, place, p, [](float value) { return value; });
  for (int64_t i = 0; i < out[0].numel; i++) largest[i] = finite_or_zero(largest[i]);
  reduce_sum(x, p, [=](float value, int64_t i) { return std::exp(value - largest[i]); },
             [=](int64_t i, double sum) { y[i] = float(std::log(sum) + largest[i]); });
}

void log_sum_exp_grad(Context&, Bufs in, Bufs out, const AxisParams& p) {
  const float *x = in[0].as<float>(), *y = in[1].as<float>(), *dy = in[2].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(int64_t(p.outer) * p.size, kElementGrain / 8 / p.inner + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t first = row / p.size * p.inner;
      for (int64_t i = 0; i < p.inner; i++)
        dx[row * p.inner + i] = dy[first + i] * std::exp(x[row * p.inner + i] - finite_or_zero(y[first + i]));
    }
  });
}

}  // namespace convolt::cpu
