// NAdam: Adam with Nesterov's momentum (Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop 2016), in torch's
// formulation, over one flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out the weights of gradient and mean in double, from
//            mu(t) = b1 (1 - 0.96^(momentumDecay t) / 2) and muProduct = mu(1) ... mu(t); then elementwise:
//            g = direction grad + weightDecay param;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
//            param -= lr ((1 - mu(t)) / (1 - muProduct) g + mu(t+1) / (1 - muProduct mu(t+1)) m) / (sqrt(v / (1 - b2^t)) + eps).
//            With repeatMu, muProduct mu(t+1) has another factor mu(t).
// Shapes     param, grad, m, v, half [*]; muProduct, lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Weights {
  float gradient;         // lr (1 - mu(t)) / (1 - muProduct)
  float mean;             // lr mu(t+1) / (1 - muProduct mu(t+1))
  float root_correction;  // sqrt(1 - b2^t)
};

__global__ void begin_step_kernel(int* step, const float* lr, float* mu_product, Weights* weights, NadamParams p) {
  *step += 1;
  const double t = *step;
  const double mu = p.beta1 * (1 - 0.5 * pow(0.96, t * p.momentumDecay)), mu_next = p.beta1 * (1 - 0.5 * pow(0.96, (t + 1) * p.momentumDecay));
  const double product = *mu_product * mu;
  *mu_product = float(product);
  weights->gradient = float(*lr * (1 - mu) / (1 - product));
  weights->mean = float(*lr * mu_next / (1 - product * (p.repeatMu ? mu : 1) * mu_next));
  weights->root_correction = float(sqrt(1 - pow(double(p.beta2), t)));
}

struct Nadam {
  NadamParams p;
  const Weights* weights;
  DEV float operator()(float param, float grad, float& m, float& v) const {
    const float g = p.direction * grad + p.weightDecay * param;
    m = p.beta1 * m + (1 - p.beta1) * g;
    v = p.beta2 * v + (1 - p.beta2) * g * g;
    return param - (weights->gradient * g + weights->mean * m) / (sqrtf(v) / weights->root_correction + p.eps);
  }
};

}  // namespace

void nadam(Context& ctx, Bufs in, Bufs, const NadamParams& p) {
  float *m = in[2].as<float>(), *v = in[3].as<float>();
  auto* weights = ctx.scratch_array<Weights>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[6].as<int>(), in[5].as<float>(), in[4].as<float>(), weights, p);
  step_by(ctx, Nadam{p, weights}, {.param = in[0], .grad = in[1], .half = in[7]}, m, v);
}

}  // namespace convolt::CONVOLT_BACKEND
