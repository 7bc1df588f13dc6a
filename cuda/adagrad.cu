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
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void begin_step_kernel(int* step, const float* lr, float* rate, AdagradParams p) {
  *rate = float(*lr / (1 + *step * double(p.lrDecay)));
  *step += 1;
}

struct Adagrad {
  AdagradParams p;
  const float* rate;
  DEV float operator()(float param, float grad, float& sum) const {
    const float g = p.direction * grad + p.weightDecay * param;
    sum = sum + g * g;
    return param - *rate * g / (sqrtf(sum) + p.eps);
  }
};

}  // namespace

void adagrad(Context& ctx, Bufs in, Bufs, const AdagradParams& p) {
  auto* rate = ctx.scratch_array<float>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[4].as<int>(), in[3].as<float>(), rate, p);
  step_by(ctx, Adagrad{p, rate}, {.param = in[0], .grad = in[1], .half = in[5]}, in[2].as<float>());
}

}  // namespace convolt::CONVOLT_BACKEND
