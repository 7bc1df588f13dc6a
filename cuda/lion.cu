// Lion (Chen et al., Symbolic discovery of optimization algorithms, arXiv:2302.06675, algorithm 2), over one flat buffer of
// parameters.
//
// Algorithm  elementwise. g is direction grad; param -= lr (sign(b1 m + (1 - b1) g) + weightDecay param);
//            m = b2 m + (1 - b2) g. lr and step lie in device memory; a one-thread kernel counts the step.
// Shapes     param, grad, m, half [*]; lr, step [1].
// Bytes      20 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Lion {
  LionParams p;
  const float* lr;
  DEV float operator()(float param, float grad, float& m) const {
    const float g = p.direction * grad;
    const float mixed = p.beta1 * m + (1 - p.beta1) * g;
    const float sign = float(mixed > 0) - float(mixed < 0);
    m = p.beta2 * m + (1 - p.beta2) * g;
    return param - *lr * (isnan(mixed) ? mixed : sign + p.weightDecay * param);
  }
};

}  // namespace

void lion(Context& ctx, Bufs in, Bufs, const LionParams& p) {
  step_by(ctx, Lion{p, in[3].as<float>()}, {.param = in[0], .grad = in[1], .half = in[5]}, in[2].as<float>());
  count_step(ctx, in[4]);
}

}  // namespace convolt::CONVOLT_BACKEND
