// log(sum(exp(x))) along the middle axis of x [outer,size,inner], and its gradient dy * exp(x - y).
//
// Algorithm  two reductions (reduce.cuh): the largest element, then the sum of exp(x - largest), so that nothing
//            overflows. Infinities are subtracted as 0. Gradient: one thread for each element.
// Bytes      forward 8 an element, gradient 8.
// Bound by   memory.
#include "backend.h"
#include "reduce.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

DEV float finite_or_zero(float x) { return isinf(x) ? 0.0f : x; }

struct WriteLargest {
  float* largest;
  DEV void operator()(int64_t result, const Extreme<true>& found) const { largest[result] = found.value; }
};

struct ExpLessLargest {
  const float* largest;  // [outer,inner]
  DEV float operator()(float x, int64_t result) const { return expf(x - finite_or_zero(largest[result])); }
};

struct WriteLog {
  const float* largest;  // [outer,inner]
  float* y;
  DEV void operator()(int64_t result, const SumPartial& sum) const { y[result] = logf(sum.value) + finite_or_zero(largest[result]); }
};

__global__ void __launch_bounds__(kBlock)
    log_sum_exp_grad_kernel(const float* __restrict__ x, const float* __restrict__ y, const float* __restrict__ dy,
                            float* __restrict__ dx, int64_t n, AxisParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t result = i / p.inner / p.size * p.inner + i % p.inner;
    dx[i] = dy[result] * expf(x[i] - finite_or_zero(y[result]));
  }
}

}  // namespace

void log_sum_exp(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  float* largest = ctx.scratch_array<float>(out[0].numel);  // [outer,inner]
  reduce<Extreme<true>>(ctx, in[0].as<float>(), p, Unchanged{}, WriteLargest{largest});
  reduce<SumPartial>(ctx, in[0].as<float>(), p, ExpLessLargest{largest}, WriteLog{largest, out[0].as<float>()});
}

void log_sum_exp_grad(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(log_sum_exp_grad_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
           out[0].as<float>(), n, p);
}

}  // namespace convolt::CONVOLT_BACKEND
