// Reading and writing images at positions in their planes: what pooling over any windows and unpooling do backwards.
//
// Algorithm  gather: one thread for each output. Scatters: one thread owns a column, one channel of one image, and goes
//            through its positions in order, so that sums are the same each time and the last of equals is the one that
//            stays. Positions outside the plane are 0, and take nothing. 16-bit sums are made in float32 memory.
// Shapes     x, dx [n,inputs,c]; y, dy, position [m,outputs,c]; image [m], else m is n. In plane_scatter x is the
//            smaller side [m,outputs,c] and y the larger [n,inputs,c].
// Bytes      with e bytes an element: gather 2e + 4 an output; scatters e an input, 2e + 4 an output (columns of one
//            image lie side by side).
// Bound by   memory; scatters by latency where there are few columns.
#include "backend.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class T>
__global__ void __launch_bounds__(kBlock)
    gather_kernel(const T* __restrict__ x, const int32_t* __restrict__ position, const int32_t* __restrict__ image, T* __restrict__ y,
                  int64_t outputs, PlaneParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const int64_t m = i / p.c / p.outputs, n = image ? image[m] : m, at = position[i];
    const bool inside = n >= 0 && n < p.n && at >= 0 && at < p.inputs;
    y[i] = inside ? x[(n * p.inputs + at) * p.c + i % p.c] : narrow<T>(0);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock) zero_kernel(T* __restrict__ values, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) values[i] = narrow<T>(0);
}

template <class T>
__global__ void __launch_bounds__(kBlock) narrow_kernel(const float* __restrict__ wide, T* __restrict__ values, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) values[i] = narrow<T>(wide[i]);
}

// Calls put(target, source) with the offsets of each position of column n, c in [n,inputs,c] and [m,outputs,c].
template <class Put>
DEV void for_column(const int32_t* __restrict__ position, const int32_t* __restrict__ image, int64_t n, int c, const PlaneParams& p,
                    const Put& put) {
  const int64_t first = image ? 0 : n, last = image ? p.m : n < p.m ? n + 1 : n;
  for (int64_t m = first; m < last; m++) {
    if (image && image[m] != n) continue;
    for (int64_t output = 0; output < p.outputs; output++) {
      const int64_t source = (m * p.outputs + output) * p.c + c;
      const int at = position[source];
      if (at >= 0 && at < p.inputs) put((n * p.inputs + at) * p.c + c, source);
    }
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    scatter_add_kernel(const T* __restrict__ dy, const int32_t* __restrict__ position, const int32_t* __restrict__ image,
                       float* __restrict__ dx, PlaneParams p) {
  for (int64_t i = first_element(); i < int64_t(p.n) * p.c; i += grid_threads())
    for_column(position, image, i / p.c, int(i % p.c), p, [&](int64_t target, int64_t source) { dx[target] += widen(dy[source]); });
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    scatter_kernel(const T* __restrict__ x, const int32_t* __restrict__ position, T* __restrict__ y, PlaneParams p) {
  for (int64_t i = first_element(); i < int64_t(p.n) * p.c; i += grid_threads())
    for_column(position, nullptr, i / p.c, int(i % p.c), p, [&](int64_t target, int64_t source) { y[target] = x[source]; });
}

}  // namespace

void plane_gather(Context& ctx, Bufs in, Bufs out, const PlaneParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(gather_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int32_t>(), in[2].as<int32_t>(),
           out[0].as<T>(), n, p);
  });
}

void plane_scatter_add(Context& ctx, Bufs in, Bufs out, const PlaneParams& p) {
  const int64_t n = out[0].numel, columns = int64_t(p.n) * p.c;
  if (n == 0) return;
  const bool is_wide = out[0].dtype == DType::f32;
  float* dx = is_wide ? out[0].as<float>() : ctx.scratch_array<float>(n);
  launch(zero_kernel<float>, blocks_for(n), kBlock, 0, ctx.stream, dx, n);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(scatter_add_kernel<T>, blocks_for(columns), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int32_t>(),
           in[2].as<int32_t>(), dx, p);
    if (!is_wide) launch(narrow_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, dx, out[0].as<T>(), n);
  });
}

void plane_scatter(Context& ctx, Bufs in, Bufs out, const PlaneParams& p) {
  const int64_t n = out[0].numel, columns = int64_t(p.n) * p.c;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(zero_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, out[0].as<T>(), n);
    launch(scatter_kernel<T>, blocks_for(columns), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int32_t>(), out[0].as<T>(), p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
