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
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Sgd {
  SgdParams p;
  const float* lr;
  const int* step;
  DEV float operator()(float param, float grad, float& velocity) const {
    const float g = p.direction * grad + p.weightDecay * param;
    if (p.momentum == 0) return param - *lr * g;
    velocity = *step == 0 ? g : p.momentum * velocity + (1 - p.dampening) * g;
    return param - *lr * (p.nesterov ? g + p.momentum * velocity : velocity);
  }
};

}  // namespace

void sgd(Context& ctx, Bufs in, Bufs, const SgdParams& p) {
  float* velocity = p.momentum != 0 ? in[2].as<float>() : nullptr;
  step_by(ctx, Sgd{p, in[3].as<float>(), in[4].as<int>()}, {.param = in[0], .grad = in[1], .half = in[5]}, velocity);
  count_step(ctx, in[4]);
}

}  // namespace convolt::CONVOLT_BACKEND
