// Sums along the middle axis of x [outer,size,inner] and their gradient, and whether any or all bytes of an axis are set.
//
// Algorithm  reduce.cuh; sums are float32, whatever the type. Gradient: one thread for each element.
// Shapes     x, dx [outer,size,inner]; y, dy [outer,inner].
// Bytes      one element of x, or of dx.
// Bound by   memory.
#include "reduce.cuh"

#include "backend.h"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class T>
struct Scaled {
  T* y;
  float scale;
  DEV void operator()(int64_t result, const SumPartial& sum) const { y[result] = narrow<T>(sum.value * scale); }
};

template <class T>
__global__ void __launch_bounds__(kBlock) sum_grad_kernel(const T* __restrict__ dy, T* __restrict__ dx, int64_t n, ReduceParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads())
    dx[i] = narrow<T>(widen(dy[i / p.inner / p.size * p.inner + i % p.inner]) * p.scale);
}

// Whether a byte is the one that decides: 1 settles any(), 0 settles all().
template <bool set>
struct Decides {
  DEV float operator()(float x, int64_t) const { return (x != 0) == set ? 1.0f : 0.0f; }
};

template <bool set>
struct Decided {
  uint8_t* y;
  DEV void operator()(int64_t result, const SumPartial& sum) const { y[result] = (sum.value > 0) == set; }
};

}  // namespace

void sum(Context& ctx, Bufs in, Bufs out, const ReduceParams& p) {
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    reduce<SumPartial>(ctx, in[0].as<T>(), p, Unchanged{}, Scaled<T>{out[0].as<T>(), p.scale});
  });
}

void sum_grad(Context& ctx, Bufs in, Bufs out, const ReduceParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(sum_grad_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), n, p);
  });
}

void any(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  reduce<SumPartial>(ctx, in[0].as<uint8_t>(), p, Decides<true>{}, Decided<true>{out[0].as<uint8_t>()});
}

void all(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  reduce<SumPartial>(ctx, in[0].as<uint8_t>(), p, Decides<false>{}, Decided<false>{out[0].as<uint8_t>()});
}

}  // namespace convolt::CONVOLT_BACKEND
