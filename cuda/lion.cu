// Lion (Chen et al., Symbolic discovery of optimization algorithms, arXiv:2302.06675, algorithm 2), over one flat buffer of
// parameters.
//
// Algorithm  elementwise. g is direction grad; param -= lr (sign(b1 m + (1 - b1) g) + weightDecay param);
//            m = b2 m + (1 - b2) g. lr and step lie in device memory; a one-thread kernel counts the step.
// Shapes     param, grad, m, half [*]; lr, step [1].
// Bytes      20 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class Half>
__global__ void __launch_bounds__(kBlock)
    lion_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ m, Half* __restrict__ half,
                const float* __restrict__ lr, int64_t n, LionParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i];
    const float mixed = p.beta1 * m[i] + (1 - p.beta1) * g;
    const float sign = float(mixed > 0) - float(mixed < 0);
    const float value = param[i], next = value - *lr * (isnan(mixed) ? mixed : sign + p.weightDecay * value);
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
    m[i] = p.beta2 * m[i] + (1 - p.beta2) * g;
  }
}

__global__ void count_kernel(int* step) { *step += 1; }

}  // namespace

void lion(Context& ctx, Bufs in, Bufs, const LionParams& p) {
  const int64_t n = in[0].numel;
  if (n > 0)
    with_half_copy(in[5], [&]<class Half>(Half* half) {
      launch(lion_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(), half,
             in[3].as<float>(), n, p);
    });
  launch(count_kernel, 1, 1, 0, ctx.stream, in[4].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
