// Adagrad (Duchi, Hazan & Singer, Adaptive subgradient methods for online learning and stochastic optimization, JMLR 2011),
// in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out the rate; then elementwise:
//            g = direction grad + weightDecay param;  sum = sum + g^2;
//            param -= lr / (1 + (t - 1) lrDecay) * g / (sqrt(sum) + eps).
// Shapes     param, grad, sum, half [*]; lr, step [1].
// Bytes      20 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void begin_step_kernel(int* step, const float* lr, float* rate, AdagradParams p) {
  *rate = float(*lr / (1 + *step * double(p.lrDecay)));
  *step += 1;
}

template <class Half>
__global__ void __launch_bounds__(kBlock)
    adagrad_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ sum, Half* __restrict__ half,
                   const float* __restrict__ rate, int64_t n, AdagradParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    const float total = sum[i] + g * g;
    sum[i] = total;
    const float next = param[i] - *rate * g / (sqrtf(total) + p.eps);
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

}  // namespace

void adagrad(Context& ctx, Bufs in, Bufs, const AdagradParams& p) {
  const int64_t n = in[0].numel;
  auto* rate = ctx.scratch_array<float>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[4].as<int>(), in[3].as<float>(), rate, p);
  if (n > 0)
    with_half_copy(in[5], [&]<class Half>(Half* half) {
      launch(adagrad_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(), half, rate,
             n, p);
    });
}

}  // namespace convolt::CONVOLT_BACKEND
