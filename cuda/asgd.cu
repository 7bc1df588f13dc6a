// Averaged stochastic gradient descent (Polyak & Juditsky, Acceleration of stochastic approximation by averaging, SIAM 1992),
// in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out the rate eta = lr / (1 + lambda lr (t - 1))^alpha and the
//            share mu = 1 / max(1, t - 1 - averageFrom) of this step in the average; then elementwise:
//            g = direction grad + weightDecay param;  param = (1 - lambda eta) param - eta g;
//            average = average + mu (param - average).
// Shapes     param, grad, average, half [*]; lr, step [1].
// Bytes      20 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "half_copy.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Step {
  float rate;    // eta
  float shrink;  // 1 - lambda eta
  float share;   // mu
};

__global__ void begin_step_kernel(int* step, const float* lr, Step* now, AsgdParams p) {
  const double before = *step, rate = *lr / pow(1 + double(p.lambda) * *lr * before, double(p.alpha));
  *step += 1;
  now->rate = float(rate);
  now->shrink = float(1 - p.lambda * rate);
  now->share = float(1 / fmax(1.0, before - p.averageFrom));
}

template <class Half>
__global__ void __launch_bounds__(kBlock)
    asgd_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ average, Half* __restrict__ half,
                const Step* __restrict__ now, int64_t n, AsgdParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    const float value = now->shrink * param[i] - now->rate * g;
    param[i] = value;
    if (half) half[i] = narrow<Half>(value);
    average[i] = now->share == 1 ? value : average[i] + now->share * (value - average[i]);
  }
}

}  // namespace

void asgd(Context& ctx, Bufs in, Bufs, const AsgdParams& p) {
  const int64_t n = in[0].numel;
  auto* now = ctx.scratch_array<Step>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[4].as<int>(), in[3].as<float>(), now, p);
  if (n > 0)
    with_half_copy(in[5], [&]<class Half>(Half* half) {
      launch(asgd_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(), half, now, n, p);
    });
}

}  // namespace convolt::CONVOLT_BACKEND
