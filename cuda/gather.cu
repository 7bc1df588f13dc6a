// Elements by their places along the middle axis, and the sum of elements into such places.
//
// Algorithm  gather: one thread for each result. scatter_add: zeros, then one thread for each column [count] of dy, which
//            adds it element by element, in order: no atomics. 16-bit results are summed in a float32 copy.
//            A place outside of the axis reads as NaN, and takes nothing in.
// Shapes     x, dx [outer,size,inner]; y, dy, index [outer,count,inner].
// Bytes      gather 4 and 2 elements for each result; scatter_add 4 and 3 elements for each of dy, and dx.
// Bound by   memory; scatter_add by its latency where there are few columns.
#include "backend.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class T>
__global__ void __launch_bounds__(kBlock)
    gather_kernel(const T* __restrict__ x, const int* __restrict__ index, T* __restrict__ y, int64_t n, GatherParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int at = index[i];
    const int64_t outer = i / p.inner / p.count;
    const bool inside = at >= 0 && at < p.size;
    y[i] = inside ? x[(outer * p.size + at) * p.inner + i % p.inner] : narrow<T>(NAN);
  }
}

__global__ void __launch_bounds__(kBlock) zero_kernel(float* __restrict__ y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = 0.0f;
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    scatter_add_kernel(const T* __restrict__ dy, const int* __restrict__ index, float* __restrict__ sums, GatherParams p) {
  const int64_t columns = int64_t(p.outer) * p.inner;
  for (int64_t i = first_element(); i < columns; i += grid_threads()) {
    const int64_t outer = i / p.inner, inner = i % p.inner;
    float* column = sums + outer * p.size * p.inner + inner;  // [size], inner apart
    for (int64_t l = 0; l < p.count; l++) {
      const int64_t from = (outer * p.count + l) * p.inner + inner;
      const int at = index[from];
      if (at >= 0 && at < p.size) column[int64_t(at) * p.inner] += widen(dy[from]);
    }
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock) narrow_kernel(const float* __restrict__ x, T* __restrict__ y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = narrow<T>(x[i]);
}

}  // namespace

void gather(Context& ctx, Bufs in, Bufs out, const GatherParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(gather_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int>(), out[0].as<T>(), n, p);
  });
}

void scatter_add(Context& ctx, Bufs in, Bufs out, const GatherParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  const bool halves = is_half(out[0].dtype);
  float* sums = halves ? ctx.scratch_array<float>(n) : out[0].as<float>();  // [outer,size,inner]
  launch(zero_kernel, blocks_for(n), kBlock, 0, ctx.stream, sums, n);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(scatter_add_kernel<T>, blocks_for(int64_t(p.outer) * p.inner), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int>(), sums, p);
    if (halves) launch(narrow_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, sums, out[0].as<T>(), n);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
