// Images mixed with the one before them in the batch, the first with the last: as a sum (mixup) or a box (cutmix).
//
// Algorithm  one thread for each element of y.
// Shapes     mixup: x and y [n,size], share [n]. cutmix: x and y [n,h,w,c] of one type, box [n,4] = top, left, bottom, right.
// Bytes      12 an element (mixup), twice an element's own (cutmix).
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

DEV int64_t before(int64_t image, int64_t images) { return image > 0 ? image - 1 : images - 1; }

__global__ void __launch_bounds__(kBlock)
    mixup_kernel(const float* __restrict__ x, const float* __restrict__ share, float* __restrict__ y, const MixupParams p) {
  const int64_t size = p.size;
  for (int64_t i = first_element(); i < p.n * size; i += grid_threads()) {
    const int64_t n = i / size, at = i % size;
    y[i] = share[n] * x[i] + (1 - share[n]) * x[before(n, p.n) * size + at];
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    cutmix_kernel(const T* __restrict__ x, const int* __restrict__ boxes, T* __restrict__ y, const CutmixParams p) {
  const int64_t size = int64_t(p.h) * p.w * p.c;
  for (int64_t i = first_element(); i < p.n * size; i += grid_threads()) {
    const int64_t n = i / size, at = i % size, row = at / p.c / p.w, column = at / p.c % p.w;
    const int* box = boxes + n * 4;
    const bool inside = row >= box[0] && column >= box[1] && row < box[2] && column < box[3];
    y[i] = x[(inside ? before(n, p.n) : n) * size + at];
  }
}

}  // namespace

void mixup(Context& ctx, Bufs in, Bufs out, const MixupParams& p) {
  const int64_t elements = out[0].numel;
  if (elements == 0) return;
  launch(mixup_kernel, blocks_for(elements), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), out[0].as<float>(), p);
}

void cutmix(Context& ctx, Bufs in, Bufs out, const CutmixParams& p) {
  const int64_t elements = out[0].numel;
  if (elements == 0) return;
  with_element(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(cutmix_kernel<T>, blocks_for(elements), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int>(), out[0].as<T>(), p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
