// Average pooling, and its gradient as a gather.
//
// Algorithm  forward: one thread for each output sums its window. Gradient: one thread for each input adds the dy of
//            the windows that hold it, each divided by its window's count: no atomics, and a fixed order.
//            With countPadding the count is t*r*s, else the elements inside the image.
// Shapes     x, dx [n,d,h,w,c]; y, dy [n,z,p,q,c].
// Bytes      4 an input (overlaps come from the cache) and 4 an output, each way.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// How many taps of the window at output o lie inside an axis of this extent.
DEV int taps_inside(int o, int stride, int pad, int dilation, int taps, int extent) {
  int inside = 0;
  for (int tap = 0; tap < taps; tap++) {
    const int i = o * stride - pad + tap * dilation;
    inside += i >= 0 && i < extent;
  }
  return inside;
}

DEV float window_count(const PoolParams& p, int z, int o, int q) {
  if (p.countPadding) return float(p.t) * p.r * p.s;
  const int inside = taps_inside(z, p.strideD, p.padD, p.dilationD, p.t, p.d) * taps_inside(o, p.strideH, p.padH, p.dilationH, p.r, p.h) *
                     taps_inside(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
  return float(inside > 0 ? inside : 1);
}

__global__ void __launch_bounds__(kBlock)
    avg_pool_kernel(const float* __restrict__ x, float* __restrict__ y, int64_t outputs, PoolParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const Position out = position_of(i, p.z, p.p, p.q, p.c);
    float sum = 0;
    for (int t = 0; t < p.t; t++) {
      const int d = out.d * p.strideD - p.padD + t * p.dilationD;
      if (d < 0 || d >= p.d) continue;
      for (int r = 0; r < p.r; r++) {
        const int h = out.h * p.strideH - p.padH + r * p.dilationH;
        if (h < 0 || h >= p.h) continue;
        for (int s = 0; s < p.s; s++) {
          const int w = out.w * p.strideW - p.padW + s * p.dilationW;
          if (w >= 0 && w < p.w) sum += x[(((int64_t(out.n) * p.d + d) * p.h + h) * p.w + w) * p.c + out.c];
        }
      }
    }
    y[i] = sum / window_count(p, out.d, out.h, out.w);
  }
}

__global__ void __launch_bounds__(kBlock)
    avg_pool_grad_kernel(const float* __restrict__ dy, float* __restrict__ dx, int64_t inputs, PoolParams p) {
  for (int64_t i = first_element(); i < inputs; i += grid_threads()) {
    const Position in = position_of(i, p.d, p.h, p.w, p.c);
    const int last_z = last_output(in.d, p.strideD, p.padD, p.z), last_p = last_output(in.h, p.strideH, p.padH, p.p),
              last_q = last_output(in.w, p.strideW, p.padW, p.q);
    float sum = 0;
    for (int z = first_output(in.d, p.strideD, p.padD, p.dilationD, p.t); z <= last_z; z++) {
      if (tap_of(in.d, z, p.strideD, p.padD, p.dilationD, p.t) < 0) continue;
      for (int o = first_output(in.h, p.strideH, p.padH, p.dilationH, p.r); o <= last_p; o++) {
        if (tap_of(in.h, o, p.strideH, p.padH, p.dilationH, p.r) < 0) continue;
        for (int q = first_output(in.w, p.strideW, p.padW, p.dilationW, p.s); q <= last_q; q++) {
          if (tap_of(in.w, q, p.strideW, p.padW, p.dilationW, p.s) < 0) continue;
          sum += dy[(((int64_t(in.n) * p.z + z) * p.p + o) * p.q + q) * p.c + in.c] / window_count(p, z, o, q);
        }
      }
    }
    dx[i] = sum;
  }
}

}  // namespace

void avg_pool_forward(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0) launch(avg_pool_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<float>(), n, p);
}

void avg_pool_grad(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0) launch(avg_pool_grad_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<float>(), n, p);
}

}  // namespace convolt::CONVOLT_BACKEND
