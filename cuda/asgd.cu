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
#include "optimizer.cuh"

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

struct Asgd {
  AsgdParams p;
  const Step* now;
  DEV float operator()(float param, float grad, float& average) const {
    const float g = p.direction * grad + p.weightDecay * param;
    const float next = now->shrink * param - now->rate * g;
    average = now->share == 1 ? next : average + now->share * (next - average);
    return next;
  }
};

}  // namespace

void asgd(Context& ctx, Bufs in, Bufs, const AsgdParams& p) {
  auto* now = ctx.scratch_array<Step>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[4].as<int>(), in[3].as<float>(), now, p);
  step_by(ctx, Asgd{p, now}, {.param = in[0], .grad = in[1], .half = in[5]}, in[2].as<float>());
}

}  // namespace convolt::CONVOLT_BACKEND
