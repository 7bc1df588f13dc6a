// Boxes of images filled with one value.
//
// Algorithm  one thread for each element of y, which reads x outside of the box.
// Shapes     x and y [n,h,w,c] bytes, box [n,4] = top, left, bottom, right.
// Bytes      2 an element.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

static __global__ void __launch_bounds__(kBlock)
    erase_kernel(const uint8_t* __restrict__ x, const int* __restrict__ boxes, uint8_t* __restrict__ y, const EraseParams p) {
  const int64_t elements = int64_t(p.n) * p.h * p.w * p.c;
  for (int64_t i = first_element(); i < elements; i += grid_threads()) {
    const int64_t pixel = i / p.c, row = pixel / p.w % p.h, column = pixel % p.w;
    const int* box = boxes + pixel / p.w / p.h * 4;
    const bool inside = row >= box[0] && column >= box[1] && row < box[2] && column < box[3];
    y[i] = inside ? uint8_t(p.fill) : x[i];
  }
}

void erase(Context& ctx, Bufs in, Bufs out, const EraseParams& p) {
  if (out[0].numel == 0) return;
  launch(erase_kernel, blocks_for(out[0].numel), kBlock, 0, ctx.stream, in[0].as<uint8_t>(), in[1].as<int>(), out[0].as<uint8_t>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
