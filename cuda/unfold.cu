// The elements under each window as a tensor of their own, and the sum of such tensors where windows lie.
//
// Algorithm  unfold: one thread for each result reads its element, or 0 outside of the image. fold: one thread for each
//            element of the image adds the windows that it lies in, in the order of taps, so that it needs no atomics.
// Shapes     x [n,d,h,w,c], y [n,z,p,q,t,r,s,c].
// Bytes      those of y, and of x: reads of the same elements come from the cache.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class T>
__global__ void __launch_bounds__(kBlock) unfold_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t elements, UnfoldParams p) {
  for (int64_t i = first_element(); i < elements; i += grid_threads()) {
    const int c = int(i % p.c);
    const int64_t tap = i / p.c % (int64_t(p.t) * p.r * p.s);
    const int64_t window = i / p.c / p.s / p.r / p.t;
    const int64_t row = window / p.q, plane = row / p.p, image = plane / p.z;
    const int d = int(plane % p.z) * p.strideD - p.padD + int(tap / p.s / p.r) * p.dilationD;
    const int h = int(row % p.p) * p.strideH - p.padH + int(tap / p.s % p.r) * p.dilationH;
    const int w = int(window % p.q) * p.strideW - p.padW + int(tap % p.s) * p.dilationW;
    const bool inside = d >= 0 && d < p.d && h >= 0 && h < p.h && w >= 0 && w < p.w;
    y[i] = inside ? x[(((image * p.d + d) * p.h + h) * p.w + w) * p.c + c] : narrow<T>(0.0f);
  }
}

// Along one axis: the output whose window holds the input i at this tap, or -1.
DEV int output_at(int i, int tap, int stride, int pad, int dilation, int outputs) {
  const int first = i + pad - tap * dilation;  // of the window
  return first >= 0 && first % stride == 0 && first / stride < outputs ? first / stride : -1;
}

template <class T>
__global__ void __launch_bounds__(kBlock) fold_kernel(const T* __restrict__ y, T* __restrict__ x, int64_t elements, UnfoldParams p) {
  for (int64_t i = first_element(); i < elements; i += grid_threads()) {
    const Position in = position_of(i, p.d, p.h, p.w, p.c);
    float sum = 0;
    for (int t = 0; t < p.t; t++)
      for (int r = 0; r < p.r; r++)
        for (int s = 0; s < p.s; s++) {
          const int z = output_at(in.d, t, p.strideD, p.padD, p.dilationD, p.z);
          const int row = output_at(in.h, r, p.strideH, p.padH, p.dilationH, p.p);
          const int column = output_at(in.w, s, p.strideW, p.padW, p.dilationW, p.q);
          if (z < 0 || row < 0 || column < 0) continue;
          const int64_t window = ((int64_t(in.n) * p.z + z) * p.p + row) * p.q + column;
          sum += widen(y[(((window * p.t + t) * p.r + r) * p.s + s) * p.c + in.c]);
        }
    x[i] = narrow<T>(sum);
  }
}

}  // namespace

void unfold(Context& ctx, Bufs in, Bufs out, const UnfoldParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(unfold_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), n, p);
  });
}

void fold(Context& ctx, Bufs in, Bufs out, const UnfoldParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(fold_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), n, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
