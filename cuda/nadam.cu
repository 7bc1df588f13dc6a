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
#include "grid.cuh"
#include "half_copy.cuh"

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

template <class Half>
__global__ void __launch_bounds__(kBlock)
    nadam_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ m, float* __restrict__ v,
                 Half* __restrict__ half, const Weights* __restrict__ weights, int64_t n, NadamParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    const float mean = p.beta1 * m[i] + (1 - p.beta1) * g;
    const float square = p.beta2 * v[i] + (1 - p.beta2) * g * g;
    m[i] = mean;
    v[i] = square;
    const float next = param[i] - (weights->gradient * g + weights->mean * mean) / (sqrtf(square) / weights->root_correction + p.eps);
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

}  // namespace

void nadam(Context& ctx, Bufs in, Bufs, const NadamParams& p) {
  const int64_t n = in[0].numel;
  auto* weights = ctx.scratch_array<Weights>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[6].as<int>(), in[5].as<float>(), in[4].as<float>(), weights, p);
  if (n > 0)
    with_half_copy(in[7], [&]<class Half>(Half* half) {
      launch(nadam_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
             in[3].as<float>(), half, weights, n, p);
    });
}

}  // namespace convolt::CONVOLT_BACKEND
