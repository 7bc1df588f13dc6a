// Adamax: Adam with the largest gradient so far, fading, in place of the mean square (Kingma & Ba, ICLR 2015, section
// 7.1), in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out the step size in double; then elementwise:
//            g = direction grad + weightDecay param;  m = b1 m + (1 - b1) g;  largest = max(b2 largest, |g| + eps);
//            param -= lr / (1 - b1^t) * m / largest.
// Shapes     param, grad, m, largest, half [*]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void begin_step_kernel(int* step, const float* lr, float* step_size, AdamaxParams p) {
  *step += 1;
  *step_size = float(*lr / (1 - pow(double(p.beta1), double(*step))));
}

template <class Half>
__global__ void __launch_bounds__(kBlock)
    adamax_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ m, float* __restrict__ largest,
                  Half* __restrict__ half, const float* __restrict__ step_size, int64_t n, AdamaxParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    const float mean = p.beta1 * m[i] + (1 - p.beta1) * g;
    const float bound = fmaxf(p.beta2 * largest[i], fabsf(g) + p.eps);
    m[i] = mean;
    largest[i] = bound;
    const float next = param[i] - *step_size * mean / bound;
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

}  // namespace

void adamax(Context& ctx, Bufs in, Bufs, const AdamaxParams& p) {
  const int64_t n = in[0].numel;
  auto* step_size = ctx.scratch_array<float>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[5].as<int>(), in[4].as<float>(), step_size, p);
  if (n > 0)
    with_half_copy(in[6], [&]<class Half>(Half* half) {
      launch(adamax_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
             in[3].as<float>(), half, step_size, n, p);
    });
}

}  // namespace convolt::CONVOLT_BACKEND
