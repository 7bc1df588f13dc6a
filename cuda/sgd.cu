// Stochastic gradient descent with momentum (Sutskever et al., ICML 2013; the formulation is torch's), over one
// flat buffer of parameters.
//
// Algorithm  elementwise. g = direction grad + weightDecay param; velocity = momentum velocity + (1 - dampening) g, at step 0
//            velocity = g; param -= lr velocity, with Nesterov param -= lr (g + momentum velocity).
//            lr and step lie in device memory; a one-thread kernel counts the step. half = param, rounded.
// Shapes     param, grad, velocity, half [*]; lr, step [1].
// Bytes      20 an element with momentum, 12 without; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class Half>
__global__ void __launch_bounds__(kBlock)
    sgd_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ velocity, Half* __restrict__ half,
               const float* __restrict__ lr, const int* __restrict__ step, int64_t n, SgdParams p) {
  const bool first = *step == 0;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    float g = p.direction * grad[i] + p.weightDecay * param[i];
    if (velocity) {
      const float v = first ? g : p.momentum * velocity[i] + (1 - p.dampening) * g;
      velocity[i] = v;
      g = p.nesterov ? g + p.momentum * v : v;
    }
    const float value = param[i] - *lr * g;
    param[i] = value;
    if (half) half[i] = narrow<Half>(value);
  }
}

__global__ void count_kernel(int* step) { *step += 1; }

}  // namespace

void sgd(Context& ctx, Bufs in, Bufs, const SgdParams& p) {
  const int64_t n = in[0].numel;
  float* velocity = p.momentum != 0 ? in[2].as<float>() : nullptr;
  if (n > 0)
    with_half_copy(in[5], [&]<class Half>(Half* half) {
      launch(sgd_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), velocity, half, in[3].as<float>(),
             in[4].as<int>(), n, p);
    });
  launch(count_kernel, 1, 1, 0, ctx.stream, in[4].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
