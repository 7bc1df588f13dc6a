// LARS (You, Gitman & Ginsburg, Large batch training of convolutional networks, arXiv:1708.03888, algorithm 1), over one flat
// buffer of parameters.
//
// Algorithm  norms of each parameter's weights and gradient (layer_norms.cuh), then elementwise: g is direction grad;
//            ratio = trust |param| / (|g| + weightDecay |param| + eps), 1 where either norm is 0;
//            velocity = momentum velocity + lr ratio (g + weightDecay param);  param -= velocity.
// Shapes     param, grad, velocity, half [n]; layer [count,2]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "layer_norms.cuh"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct WeightAndGradient {
  const float *param, *grad;
  bool aligned;
  template <int V>
  DEV void operator()(int64_t i, float (&weight)[V], float (&gradient)[V]) const {
    load(param + i, aligned, weight);
    load(grad + i, aligned, gradient);
  }
};

struct LarsRatio {
  float trust, weightDecay, eps;
  DEV float operator()(float weight, float gradient) const {
    return weight > 0 && gradient > 0 ? trust * weight / (gradient + weightDecay * weight + eps) : 1.0f;
  }
};

struct LarsStep {
  LarsParams p;
  float rate;  // lr ratio
  DEV float operator()(float param, float grad, float& velocity) const {
    velocity = p.momentum * velocity + rate * (p.direction * grad + p.weightDecay * param);
    return param - velocity;
  }
};

struct Lars {
  LarsParams p;
  const float* lr;
  LayerRatios ratios;
  DEV LarsStep at(int64_t i) const { return {p, *lr * ratios.of(i)}; }
};

}  // namespace

void lars(Context& ctx, Bufs in, Bufs, const LarsParams& p) {
  if (p.n > 0 && p.count > 0) {
    const float *param = in[0].as<float>(), *grad = in[1].as<float>();
    const WeightAndGradient squared = {param, grad, are_aligned<kStepped>(param, grad)};
    const LayerRatios ratios = layer_ratios(ctx, in[3].as<int>(), p.count, p.n, squared, LarsRatio{p.trust, p.weightDecay, p.eps});
    step_by(ctx, Lars{p, in[4].as<float>(), ratios}, {.param = in[0], .grad = in[1], .half = in[6]}, in[2].as<float>());
  }
  count_step(ctx, in[5]);
}

}  // namespace convolt::CONVOLT_BACKEND
