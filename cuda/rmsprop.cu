// RMSprop (Tieleman & Hinton, Coursera: neural networks for machine learning, lecture 6.5, 2012; centred: Graves,
// arXiv:1308.0850), in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  elementwise. g = direction grad + weightDecay param;  square = alpha square + (1 - alpha) g^2;
//            centred: mean = alpha mean + (1 - alpha) g, and square - mean^2 in place of square, which rounding must not
//            make negative;  u = g / (sqrt(square) + eps);
//            with momentum velocity = momentum velocity + u in place of u;  param -= lr u.
//            lr lies in device memory; a one-thread kernel counts the step.
// Shapes     param, grad, square, mean, velocity, half [*]; lr, step [1].
// Bytes      20 an element, 8 more if centred, 8 more with momentum; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class Half>
__global__ void __launch_bounds__(kBlock)
    rmsprop_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ square, float* __restrict__ mean,
                   float* __restrict__ velocity, Half* __restrict__ half, const float* __restrict__ lr, int64_t n, RmspropParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    float spread = p.alpha * square[i] + (1 - p.alpha) * g * g;
    square[i] = spread;
    if (mean) {
      const float m = p.alpha * mean[i] + (1 - p.alpha) * g;
      mean[i] = m;
      spread = fmaxf(spread - m * m, 0.0f);
    }
    float update = g / (sqrtf(spread) + p.eps);
    if (velocity) velocity[i] = update = p.momentum * velocity[i] + update;
    const float next = param[i] - *lr * update;
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

__global__ void count_kernel(int* step) { *step += 1; }

}  // namespace

void rmsprop(Context& ctx, Bufs in, Bufs, const RmspropParams& p) {
  const int64_t n = in[0].numel;
  if (n > 0)
    with_half_copy(in[7], [&]<class Half>(Half* half) {
      launch(rmsprop_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
             in[3].as<float>(), in[4].as<float>(), half, in[5].as<float>(), n, p);
    });
  launch(count_kernel, 1, 1, 0, ctx.stream, in[6].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
