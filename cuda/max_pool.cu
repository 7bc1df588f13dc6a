// Max pooling, its gradient as a gather, and the gradient's own.
//
// Algorithm  forward: one thread for each output walks its window and keeps the largest value and its one-byte index
//            in the window (taps counted t, r, s). The first of equals wins; NaN is the largest of all; padding never
//            wins. A window that holds only padding gives -infinity and no gradient.
//            gradient: one thread for each input looks at the windows that hold it and adds dy where the index names
//            it: no atomics, and a fixed order.
//            gather: one thread for each output reads x where the index points; 0 for a window of padding.
//            positions: the same place as a number in the image's plane [d,h,w]; -1 for a window of padding.
//            Forward and gradient: a thread has the channels of one vector of 16 bytes, where they are a multiple of that.
// Shapes     x, dx [n,d,h,w,c]; y, dy, index [n,z,p,q,c]. A window has at most 256 elements.
// Bytes      with e bytes an element: forward e an input (overlaps come from the cache) and e + 1 an output; gradient
//            e + 1 an output and e an input; gather 2e + 1 and positions 5 an output.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "pool.cuh"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <int V, class T>
__global__ void __launch_bounds__(kBlock)
    max_pool_kernel(const T* __restrict__ x, T* __restrict__ y, uint8_t* __restrict__ index, int64_t outputs, bool aligned, PoolParams p) {
  for (int64_t i = first_element() * V; i < outputs; i += grid_threads() * V) {
    float largest[V];
    int at[V];
    UNROLL for (int v = 0; v < V; v++) largest[v] = -INFINITY, at[v] = -1;
    for_window(p, position_of(i, p.z, p.p, p.q, p.c), [&](int tap, int64_t offset) {
      float value[V];
      load(x + offset, aligned, value);
      UNROLL
      for (int v = 0; v < V; v++) {
        if (at[v] >= 0 && !(value[v] > largest[v]) && !(isnan(value[v]) && !isnan(largest[v]))) continue;
        largest[v] = value[v];
        at[v] = tap;
      }
    });
    store(largest, aligned, y + i);
    Vector<uint8_t, V> taken;
    UNROLL for (int v = 0; v < V; v++) taken.element[v] = uint8_t(at[v] < 0 ? 0 : at[v]);  // no input looks at an empty window
    write(taken, aligned, index + i);
  }
}

template <int V, class T>
__global__ void __launch_bounds__(kBlock)
    max_pool_grad_kernel(const T* __restrict__ dy, const uint8_t* __restrict__ index, T* __restrict__ dx, int64_t inputs, bool aligned, PoolParams p) {
  for (int64_t i = first_element() * V; i < inputs; i += grid_threads() * V) {
    float sum[V] = {};
    for_holders(p, position_of(i, p.d, p.h, p.w, p.c), [&](int tap, int64_t output, const Position&) {
      float g[V];
      load(dy + output, aligned, g);
      const Vector<uint8_t, V> taken = read<V>(index + output, aligned);
      UNROLL for (int v = 0; v < V; v++) sum[v] += taken.element[v] == tap ? g[v] : 0.0f;
    });
    store(sum, aligned, dx + i);
  }
}

// Where in the image's plane [d,h,w] an element of a window lies; -1 in the padding.
DEV int64_t plane_position(const PoolParams& p, const Position& out, int tap) {
  const int d = out.d * p.strideD - p.padD + tap / (p.r * p.s) * p.dilationD;
  const int h = out.h * p.strideH - p.padH + tap / p.s % p.r * p.dilationH;
  const int w = out.w * p.strideW - p.padW + tap % p.s * p.dilationW;
  const bool inside = d >= 0 && d < p.d && h >= 0 && h < p.h && w >= 0 && w < p.w;
  return inside ? (int64_t(d) * p.h + h) * p.w + w : -1;
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    max_pool_gather_kernel(const T* __restrict__ x, const uint8_t* __restrict__ index, T* __restrict__ y, int64_t outputs, PoolParams p) {
  const int64_t plane = int64_t(p.d) * p.h * p.w;
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const Position out = position_of(i, p.z, p.p, p.q, p.c);
    const int64_t at = plane_position(p, out, index[i]);
    y[i] = at < 0 ? narrow<T>(0) : x[(out.n * plane + at) * p.c + out.c];
  }
}

__global__ void __launch_bounds__(kBlock)
    max_pool_positions_kernel(const uint8_t* __restrict__ index, int32_t* __restrict__ position, int64_t outputs, PoolParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads())
    position[i] = int32_t(plane_position(p, position_of(i, p.z, p.p, p.q, p.c), index[i]));
}

}  // namespace

void max_pool_forward(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = in[0].as<T>();
    T* y = out[0].as<T>();
    uint8_t* index = out[1].as<uint8_t>();
    with_vector<T>(p.c, are_aligned<kVector<T>>(x, y, index), [&](auto vector, bool aligned) {
      constexpr int V = decltype(vector)::value;
      launch(max_pool_kernel<V, T>, blocks_for(n / V), kBlock, 0, ctx.stream, x, y, index, n, aligned, p);
    });
  });
}

void max_pool_grad(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* dy = in[0].as<T>();
    const uint8_t* index = in[1].as<uint8_t>();
    T* dx = out[0].as<T>();
    with_vector<T>(p.c, are_aligned<kVector<T>>(dy, index, dx), [&](auto vector, bool aligned) {
      constexpr int V = decltype(vector)::value;
      launch(max_pool_grad_kernel<V, T>, blocks_for(n / V), kBlock, 0, ctx.stream, dy, index, dx, n, aligned, p);
    });
  });
}

void max_pool_gather(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(max_pool_gather_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<uint8_t>(), out[0].as<T>(), n, p);
  });
}

void max_pool_positions(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(max_pool_positions_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<uint8_t>(), out[0].as<int32_t>(), n, p);
}

}  // namespace convolt::CONVOLT_BACKEND
