// Average pooling, and its gradient as a gather.
//
// Algorithm  forward: one thread for each output sums its window. Gradient: one thread for each input adds the dy of
//            the windows that hold it, each divided as its window's sum was: no atomics, and a fixed order.
//            The divisor is a number of the caller's, or the window's elements inside the image, with countPadding
//            those in the image's padding too.
// Shapes     x, dx [n,d,h,w,c]; y, dy [n,z,p,q,c].
// Bytes      one element an input (overlaps come from the cache) and one an output, each way.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

DEV float window_divisor(const PoolParams& p, const Position& out) {
  if (p.divisor != 0) return p.divisor;
  const float count = counted_taps(p, out, p.countPadding != 0);
  return count > 0 ? count : 1;
}

template <class T>
__global__ void __launch_bounds__(kBlock, 5)  // without the 5, ptxas gives 40 registers and spills
    avg_pool_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t outputs, PoolParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const Position out = position_of(i, p.z, p.p, p.q, p.c);
    float sum = 0;
    for_window(p, out, [&](int, int64_t offset) { sum += widen(x[offset]); });
    y[i] = narrow<T>(sum / window_divisor(p, out));
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    avg_pool_grad_kernel(const T* __restrict__ dy, T* __restrict__ dx, int64_t inputs, PoolParams p) {
  for (int64_t i = first_element(); i < inputs; i += grid_threads()) {
    float sum = 0;
    for_holders(p, position_of(i, p.d, p.h, p.w, p.c),
                [&](int, int64_t output, const Position& at) { sum += widen(dy[output]) / window_divisor(p, at); });
    dx[i] = narrow<T>(sum);
  }
}

}  // namespace

void avg_pool_forward(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(avg_pool_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), n, p);
  });
}

void avg_pool_grad(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(avg_pool_grad_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), n, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
