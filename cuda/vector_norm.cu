// The p-norm along the middle axis of x [outer,size,inner], sum(|x|^p)^(1/p) or the largest |x|, and its gradient.
//
// Algorithm  reductions (reduce.cuh). Gradient: one thread for each element, dx = dy sign(x) (|x| / y)^(p-1), and 0 where
//            x or y is 0. The largest elements share theirs: a reduction counts them first.
// Bytes      forward 4 an element, gradient 8 (infinity 12).
// Bound by   memory; powf for p other than 1, 2 and infinity.
#include "backend.h"
#include "reduce.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

DEV float power(float x, float p) { return p == 1 ? x : p == 2 ? x * x : powf(x, p); }
DEV float root(float x, float p) { return p == 1 ? x : p == 2 ? sqrtf(x) : powf(x, 1 / p); }

struct Size {
  DEV float operator()(float x, int64_t) const { return fabsf(x); }
};
struct Power {
  float p;
  DEV float operator()(float x, int64_t) const { return power(fabsf(x), p); }
};
struct IsLargest {
  const float* y;  // [outer,inner]
  DEV float operator()(float x, int64_t result) const { return fabsf(x) == y[result] ? 1.0f : 0.0f; }
};

struct WriteRoot {
  float* y;
  float p;
  DEV void operator()(int64_t result, const SumPartial& sum) const { y[result] = root(sum.value, p); }
};
struct WriteLargest {
  float* y;
  DEV void operator()(int64_t result, const Extreme<true>& found) const { y[result] = found.place == INT32_MAX ? 0.0f : found.value; }
};
struct WriteCount {
  float* count;
  DEV void operator()(int64_t result, const SumPartial& sum) const { count[result] = sum.value; }
};

// How many largest elements each result has is needed for infinity only.
__global__ void __launch_bounds__(kBlock)
    vector_norm_grad_kernel(const float* __restrict__ x, const float* __restrict__ y, const float* __restrict__ dy,
                            const float* __restrict__ count, float* __restrict__ dx, int64_t n, VectorNormParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t result = i / p.inner / p.size * p.inner + i % p.inner;
    const float size = fabsf(x[i]), norm = y[result];
    const float share = count ? (size == norm ? 1 / count[result] : 0.0f) : power(size / norm, p.p - 1);
    dx[i] = size == 0 || norm == 0 ? 0.0f : dy[result] * copysignf(share, x[i]);
  }
}

}  // namespace

void vector_norm(Context& ctx, Bufs in, Bufs out, const VectorNormParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (isinf(p.p)) reduce<Extreme<true>>(ctx, x, p, Size{}, WriteLargest{y});
  else reduce<SumPartial>(ctx, x, p, Power{p.p}, WriteRoot{y, p.p});
}

void vector_norm_grad(Context& ctx, Bufs in, Bufs out, const VectorNormParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  const float *x = in[0].as<float>(), *y = in[1].as<float>();
  float* count = isinf(p.p) ? ctx.scratch_array<float>(in[1].numel) : nullptr;  // [outer,inner]
  if (count) reduce<SumPartial>(ctx, x, p, IsLargest{y}, WriteCount{count});
  launch(vector_norm_grad_kernel, blocks_for(n), kBlock, 0, ctx.stream, x, y, in[2].as<float>(), count, out[0].as<float>(), n, p);
}

}  // namespace convolt::CONVOLT_BACKEND
