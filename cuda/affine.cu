// Scale and shift, fill, and accumulation into a buffer.
//
// Algorithm  elementwise; x is walked by strides over up to six extents, 0 along a broadcast axis.
// Shapes     y [shape]; x broadcasts to it. accumulate: target and x of one count.
// Bytes      those of each element read and written.
// Bound by   memory; index arithmetic for small inner extents on the strided path.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "walk.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class X, class Y>
__global__ void __launch_bounds__(kBlock)
    affine_kernel(const X* __restrict__ x, Y* __restrict__ y, int64_t n, Walk<1> walk, float scale, float shift) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = narrow<Y>(scale * widen(x[walk.offsets(i).of[0]]) + shift);
}

template <class X, class Y>
void affine_of(Context& ctx, Bufs in, Bufs out, const AffineParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(affine_kernel<X, Y>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<X>(), out[0].as<Y>(), n,
           make_walk<1>(p.shape, {p.stride}), p.scale, p.shift);
}

__global__ void __launch_bounds__(kBlock) fill_kernel(float* __restrict__ y, int64_t n, float value) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = value;
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    accumulate_kernel(T* __restrict__ target, const T* __restrict__ x, int64_t n, float alpha, float beta) {
  for (int64_t i = first_element(); i < n; i += grid_threads())
    target[i] = narrow<T>(beta == 0 ? alpha * widen(x[i]) : alpha * widen(x[i]) + beta * widen(target[i]));
}

}  // namespace

void affine(Context& ctx, Bufs in, Bufs out, const AffineParams& p) {
  with_float(out[0].dtype, [&](auto zero) { affine_of<decltype(zero), decltype(zero)>(ctx, in, out, p); });
}

void affine_from_u8(Context& ctx, Bufs in, Bufs out, const AffineParams& p) { affine_of<uint8_t, float>(ctx, in, out, p); }

void fill(Context& ctx, Bufs, Bufs out, const FillParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0) launch(fill_kernel, blocks_for(n), kBlock, 0, ctx.stream, out[0].as<float>(), n, p.value);
}

void accumulate(Context& ctx, Bufs in, Bufs, const AccumulateParams& p) {
  const int64_t n = in[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(accumulate_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<T>(), n, p.alpha, p.beta);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
