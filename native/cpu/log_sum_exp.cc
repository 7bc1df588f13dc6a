// log(sum(exp(x))) along the middle axis of x [outer,size,inner], and its gradient dy * exp(x - y). The largest element is
// subtracted first, so that nothing overflows; infinities are subtracted as 0.
#include "backend.h"
#include "float_math.h"
#include "reduce.h"

namespace convolt::cpu {
namespace {

float finite_or_zero(float x) { return std::isinf(x) ? 0.0f : x; }

// x, dx [rows,inner]; y, dy [inner].
VECTORIZED void rows_grad(const float* x, const float* y, const float* dy, float* dx, int64_t rows, int64_t inner) {
  if (inner == 1) {
    const float shift = finite_or_zero(*y), scale = *dy;
    for (int64_t row = 0; row < rows; row++) dx[row] = scale * exp_of(x[row] - shift);
    return;
  }
  for (int64_t row = 0; row < rows; row++, x += inner, dx += inner)
    for (int64_t i = 0; i < inner; i++) dx[i] = dy[i] * exp_of(x[i] - finite_or_zero(y[i]));
}

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
  reduce_sum(x, p, [=](float value, int64_t i) { return exp_of(value - largest[i]); },
             [=](int64_t i, double sum) { y[i] = float(std::log(sum) + largest[i]); });
}

void log_sum_exp_grad(Context&, Bufs in, Bufs out, const AxisParams& p) {
  const float *x = in[0].as<float>(), *y = in[1].as<float>(), *dy = in[2].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(int64_t(p.outer) * p.size, kElementGrain / 8 / p.inner + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end;) {  // those of one of `outer` after the other
      const int64_t outer = row / p.size, last = std::min(end, (outer + 1) * p.size), first = row * p.inner;
      rows_grad(x + first, y + outer * p.inner, dy + outer * p.inner, dx + first, last - row, p.inner);
      row = last;
    }
  });
}

}  // namespace convolt::cpu
