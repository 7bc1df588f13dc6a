// Adadelta (Zeiler, arXiv:1212.5701), in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  elementwise. g = direction grad + weightDecay param;  square = rho square + (1 - rho) g^2;
//            u = sqrt(change + eps) / sqrt(square + eps) * g;  change = rho change + (1 - rho) u^2;  param -= lr u.
//            lr lies in device memory; a one-thread kernel counts the step.
// Shapes     param, grad, square, change, half [*]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class Half>
__global__ void __launch_bounds__(kBlock)
    adadelta_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ square, float* __restrict__ change,
                    Half* __restrict__ half, const float* __restrict__ lr, int64_t n, AdadeltaParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    const float of_gradients = p.rho * square[i] + (1 - p.rho) * g * g, of_changes = change[i];
    const float update = sqrtf(of_changes + p.eps) / sqrtf(of_gradients + p.eps) * g;
    square[i] = of_gradients;
    change[i] = p.rho * of_changes + (1 - p.rho) * update * update;
    const float next = param[i] - *lr * update;
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

__global__ void count_kernel(int* step) { *step += 1; }

}  // namespace

void adadelta(Context& ctx, Bufs in, Bufs, const AdadeltaParams& p) {
  const int64_t n = in[0].numel;
  if (n > 0)
    with_half_copy(in[6], [&]<class Half>(Half* half) {
      launch(adadelta_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
             in[3].as<float>(), half, in[4].as<float>(), n, p);
    });
  launch(count_kernel, 1, 1, 0, ctx.stream, in[5].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
