// Average pooling, and its gradient as a gather.
//
// Algorithm  forward: one thread for each output sums its window. Gradient: one thread for each input adds the dy of
//            the windows that hold it, each divided as its window's sum was: no atomics, and a fixed order.
//            The divisor is a number of the caller's, or the window's elements inside the image, with countPadding
//            those in the image's padding too.
//            A thread has the channels of one vector of 16 bytes, where they are a multiple of that.
// Shapes     x, dx [n,d,h,w,c]; y, dy [n,z,p,q,c].
// Bytes      one element an input (overlaps come from the cache) and one an output, each way.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "pool.cuh"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

DEV float window_divisor(const PoolParams& p, const Position& out) {
  if (p.divisor != 0) return p.divisor;
  const float count = counted_taps(p, out, p.countPadding != 0);
  return count > 0 ? count : 1;
}

constexpr int kBlocks = 4;  // on a multiprocessor: 64 registers a thread, where ptxas would take 48 and spill

template <int V, class T>
__global__ void __launch_bounds__(kBlock, kBlocks)
    avg_pool_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t outputs, bool aligned, PoolParams p) {
  for (int64_t i = first_element() * V; i < outputs; i += grid_threads() * V) {
    const Position out = position_of(i, p.z, p.p, p.q, p.c);
    float sum[V] = {};
    for_window(p, out, [&](int, int64_t offset) {
      float value[V];
      load(x + offset, aligned, value);
      UNROLL for (int v = 0; v < V; v++) sum[v] += value[v];
    });
    const float divisor = window_divisor(p, out);
    UNROLL for (int v = 0; v < V; v++) sum[v] /= divisor;
    store(sum, aligned, y + i);
  }
}

template <int V, class T>
__global__ void __launch_bounds__(kBlock, kBlocks)
    avg_pool_grad_kernel(const T* __restrict__ dy, T* __restrict__ dx, int64_t inputs, bool aligned, PoolParams p) {
  for (int64_t i = first_element() * V; i < inputs; i += grid_threads() * V) {
    float sum[V] = {};
    for_holders(p, position_of(i, p.d, p.h, p.w, p.c), [&](int, int64_t output, const Position& at) {
      const float divisor = window_divisor(p, at);
      float g[V];
      load(dy + output, aligned, g);
      UNROLL for (int v = 0; v < V; v++) sum[v] += g[v] / divisor;
    });
    store(sum, aligned, dx + i);
  }
}

}  // namespace

void avg_pool_forward(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = in[0].as<T>();
    T* y = out[0].as<T>();
    with_vector<T>(p.c, are_aligned<kVector<T>>(x, y), [&](auto vector, bool aligned) {
      constexpr int V = decltype(vector)::value;
      launch(avg_pool_kernel<V, T>, blocks_for(n / V), kBlock, 0, ctx.stream, x, y, n, aligned, p);
    });
  });
}

void avg_pool_grad(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* dy = in[0].as<T>();
    T* dx = out[0].as<T>();
    with_vector<T>(p.c, are_aligned<kVector<T>>(dy, dx), [&](auto vector, bool aligned) {
      constexpr int V = decltype(vector)::value;
      launch(avg_pool_grad_kernel<V, T>, blocks_for(n / V), kBlock, 0, ctx.stream, dy, dx, n, aligned, p);
    });
  });
}

}  // namespace convolt::CONVOLT_BACKEND
