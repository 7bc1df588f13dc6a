// Rprop, steps by the gradient's sign alone (Riedmiller & Braun, A direct adaptive method for faster backpropagation learning,
// ICNN 1993), in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  elementwise. g = direction grad. Each element has a step size, at first lr; it grows by etaPlus where g has the
//            sign of the previous gradient, and shrinks by etaMinus where it has the other one, in which case the element
//            does not move and its gradient counts as 0. param -= sign(g) size.
//            A one-thread kernel counts the step.
// Shapes     param, grad, previous, size, half [*]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class Half>
__global__ void __launch_bounds__(kBlock)
    rprop_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ previous, float* __restrict__ size,
                 Half* __restrict__ half, const float* __restrict__ lr, const int* __restrict__ step, int64_t n, RpropParams p) {
  const bool first = *step == 0;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    float g = p.direction * grad[i];
    const float agreement = g * previous[i];
    const float factor = agreement > 0 ? p.etaPlus : agreement < 0 ? p.etaMinus : 1.0f;
    const float length = fminf(fmaxf((first ? *lr : size[i]) * factor, p.least), p.most);
    if (agreement < 0) g = 0;
    previous[i] = g;
    size[i] = length;
    const float next = param[i] - (g > 0 ? length : g < 0 ? -length : 0.0f);
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

__global__ void count_kernel(int* step) { *step += 1; }

}  // namespace

void rprop(Context& ctx, Bufs in, Bufs, const RpropParams& p) {
  const int64_t n = in[0].numel;
  if (n > 0)
    with_half_copy(in[6], [&]<class Half>(Half* half) {
      launch(rprop_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
             in[3].as<float>(), half, in[4].as<float>(), in[5].as<int>(), n, p);
    });
  launch(count_kernel, 1, 1, 0, ctx.stream, in[5].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
