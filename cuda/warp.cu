// Images seen through an affine map: crops, flips, rotation, zoom, shear and their products.
//
// Algorithm  one thread for each pixel of y, which reads one pixel of x or four, and mixes them bilinearly.
// Shapes     x [n,h,w,c] and y [n,p,q,c] bytes, matrix [n,6] from places in y to places in x.
// Bytes      2 an element: neighbours share what they read.
// Bound by   memory, and the cache's throughput of single bytes.
#include "warp.h"

#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

static __global__ void __launch_bounds__(kBlock)
    warp_kernel(const uint8_t* __restrict__ x, const float* __restrict__ matrix, uint8_t* __restrict__ y, const WarpParams p) {
  const int64_t pixels = int64_t(p.n) * p.p * p.q;
  for (int64_t i = first_element(); i < pixels; i += grid_threads()) {
    const int64_t n = i / p.q / p.p;
    const Source at = source_of(row_origin(matrix + n * 6, int(i / p.q % p.p)), int(i % p.q), p);
    const uint8_t* image = x + n * p.h * p.w * p.c;
    for (int c = 0; c < p.c; c++) y[i * p.c + c] = warped(image, at, c, p);
  }
}

void warp(Context& ctx, Bufs in, Bufs out, const WarpParams& p) {
  if (out[0].numel == 0) return;
  launch(warp_kernel, blocks_for(out[0].numel / p.c), kBlock, 0, ctx.stream, in[0].as<uint8_t>(), in[1].as<float>(),
         out[0].as<uint8_t>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
