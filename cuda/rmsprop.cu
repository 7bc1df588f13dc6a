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
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Rmsprop {
  RmspropParams p;
  const float* lr;
  bool centred, has_momentum;
  DEV float operator()(float param, float grad, float& square, float& mean, float& velocity) const {
    const float g = p.direction * grad + p.weightDecay * param;
    square = p.alpha * square + (1 - p.alpha) * g * g;
    if (centred) mean = p.alpha * mean + (1 - p.alpha) * g;
    const float spread = centred ? fmaxf(square - mean * mean, 0.0f) : square;
    const float update = g / (sqrtf(spread) + p.eps);
    if (has_momentum) velocity = p.momentum * velocity + update;
    return param - *lr * (has_momentum ? velocity : update);
  }
};

}  // namespace

void rmsprop(Context& ctx, Bufs in, Bufs, const RmspropParams& p) {
  float *square = in[2].as<float>(), *mean = in[3].as<float>(), *velocity = in[4].as<float>();
  const Rmsprop rule = {p, in[5].as<float>(), mean != nullptr, velocity != nullptr};
  step_by(ctx, rule, {.param = in[0], .grad = in[1], .half = in[7]}, square, mean, velocity);
  count_step(ctx, in[6]);
}

}  // namespace convolt::CONVOLT_BACKEND
