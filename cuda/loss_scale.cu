// What training with a scaled loss needs on the device: copies that depend on a number there, and the scale's own changes.
//
// Algorithm  copy_if: every thread looks at the condition first. update_loss_scale: one thread; the rule is that of
//            P. Micikevicius et al., "Mixed precision training", arXiv:1710.03740, as torch.amp.GradScaler documents it.
// Shapes     target, x [*] of one type; condition, scale, good, nonfinite [1].
// Bytes      twice those of the elements where they are copied, else none.
// Bound by   memory, or launching.
#include "backend.h"
#include "element.h"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class T>
__global__ void __launch_bounds__(kBlock)
    copy_if_kernel(T* __restrict__ target, const T* __restrict__ x, const int* __restrict__ condition, int64_t n, bool aligned) {
  if (*condition == 0) return;
  for_vectors<kVector<T>>(n, aligned, [&](int64_t i, auto width) { write(read<decltype(width)::value>(x + i, true), true, target + i); });
}

__global__ void update_kernel(float* scale, int* good, const int* nonfinite, LossScaleParams p) {
  if (*nonfinite != 0) {
    *scale *= p.backoff;
    *good = 0;
  } else if (++*good == p.every) {
    const float grown = *scale * p.growth;
    if (isfinite(grown)) *scale = grown;
    *good = 0;
  }
}

}  // namespace

void copy_if(Context& ctx, Bufs in, Bufs, const NoParams&) {
  const int64_t n = in[0].numel;
  if (n == 0) return;
  with_element(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T* target = in[0].as<T>();
    const T* x = in[1].as<T>();
    const bool aligned = are_aligned<kVector<T>>(target, x);
    launch(copy_if_kernel<T>, blocks_for_vectors<kVector<T>>(n, aligned), kBlock, 0, ctx.stream, target, x, in[2].as<int>(), n, aligned);
  });
}

void update_loss_scale(Context& ctx, Bufs in, Bufs, const LossScaleParams& p) {
  launch(update_kernel, 1, 1, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(), in[2].as<int>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
