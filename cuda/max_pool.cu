// Max pooling, and its gradient as a gather.
//
// Algorithm  forward: one thread for each output walks its window and keeps the largest value and its one-byte index
//            in the window (taps counted t, r, s). The first of equals wins; NaN is the largest of all; padding never
//            wins. A window that holds only padding gives -infinity and no gradient.
//            gradient: one thread for each input looks at the windows that hold it and adds dy where the index names
//            it: no atomics, and a fixed order.
// Shapes     x, dx [n,d,h,w,c]; y, dy, index [n,z,p,q,c]. A window has at most 256 elements.
// Bytes      forward 4 an input (overlaps come from the cache) and 5 an output; gradient 5 an output, 4 an input.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void __launch_bounds__(kBlock)
    max_pool_kernel(const float* __restrict__ x, float* __restrict__ y, uint8_t* __restrict__ index, int64_t outputs, PoolParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const Position out = position_of(i, p.z, p.p, p.q, p.c);
    const int d0 = out.d * p.strideD - p.padD, h0 = out.h * p.strideH - p.padH, w0 = out.w * p.strideW - p.padW;
    float largest = -INFINITY;
    int at = -1;
    for (int t = 0; t < p.t; t++) {
      const int d = d0 + t * p.dilationD;
      if (d < 0 || d >= p.d) continue;
      for (int r = 0; r < p.r; r++) {
        const int h = h0 + r * p.dilationH;
        if (h < 0 || h >= p.h) continue;
        for (int s = 0; s < p.s; s++) {
          const int w = w0 + s * p.dilationW;
          if (w < 0 || w >= p.w) continue;
          const float value = x[(((int64_t(out.n) * p.d + d) * p.h + h) * p.w + w) * p.c + out.c];
          if (at < 0 || value > largest || (isnan(value) && !isnan(largest))) {
            largest = value;
            at = (t * p.r + r) * p.s + s;
          }
        }
      }
    }
    y[i] = largest;
    index[i] = uint8_t(at < 0 ? 0 : at);  // no input looks at an empty window
  }
}

__global__ void __launch_bounds__(kBlock)
    max_pool_grad_kernel(const float* __restrict__ dy, const uint8_t* __restrict__ index, float* __restrict__ dx, int64_t inputs, PoolParams p) {
  for (int64_t i = first_element(); i < inputs; i += grid_threads()) {
    const Position in = position_of(i, p.d, p.h, p.w, p.c);
    const int last_z = last_output(in.d, p.strideD, p.padD, p.z), last_p = last_output(in.h, p.strideH, p.padH, p.p),
              last_q = last_output(in.w, p.strideW, p.padW, p.q);
    float sum = 0;
    for (int z = first_output(in.d, p.strideD, p.padD, p.dilationD, p.t); z <= last_z; z++) {
      const int t = tap_of(in.d, z, p.strideD, p.padD, p.dilationD, p.t);
      if (t < 0) continue;
      for (int o = first_output(in.h, p.strideH, p.padH, p.dilationH, p.r); o <= last_p; o++) {
        const int r = tap_of(in.h, o, p.strideH, p.padH, p.dilationH, p.r);
        if (r < 0) continue;
        for (int q = first_output(in.w, p.strideW, p.padW, p.dilationW, p.s); q <= last_q; q++) {
          const int s = tap_of(in.w, q, p.strideW, p.padW, p.dilationW, p.s);
          if (s < 0) continue;
          const int64_t output = (((int64_t(in.n) * p.z + z) * p.p + o) * p.q + q) * p.c + in.c;
          if (index[output] == (t * p.r + r) * p.s + s) sum += dy[output];
        }
      }
    }
    dx[i] = sum;
  }
}

}  // namespace

void max_pool_forward(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(max_pool_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<float>(), out[1].as<uint8_t>(), n, p);
}

void max_pool_grad(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(max_pool_grad_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<uint8_t>(), out[0].as<float>(), n, p);
}

}  // namespace convolt::CONVOLT_BACKEND
