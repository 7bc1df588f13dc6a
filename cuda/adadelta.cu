// Adadelta (Zeiler, arXiv:1212.5701), in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  elementwise. g = direction grad + weightDecay param;  square = rho square + (1 - rho) g^2;
//            u = sqrt(change + eps) / sqrt(square + eps) * g;  change = rho change + (1 - rho) u^2;  param -= lr u.
//            lr lies in device memory; a one-thread kernel counts the step.
// Shapes     param, grad, square, change, half [*]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Adadelta {
  AdadeltaParams p;
  const float* lr;
  DEV float operator()(float param, float grad, float& square, float& change) const {
    const float g = p.direction * grad + p.weightDecay * param;
    square = p.rho * square + (1 - p.rho) * g * g;
    const float update = sqrtf(change + p.eps) / sqrtf(square + p.eps) * g;
    change = p.rho * change + (1 - p.rho) * update * update;
    return param - *lr * update;
  }
};

}  // namespace

void adadelta(Context& ctx, Bufs in, Bufs, const AdadeltaParams& p) {
  float *square = in[2].as<float>(), *change = in[3].as<float>();
  step_by(ctx, Adadelta{p, in[4].as<float>()}, {.param = in[0], .grad = in[1], .half = in[6]}, square, change);
  count_step(ctx, in[5]);
}

}  // namespace convolt::CONVOLT_BACKEND
