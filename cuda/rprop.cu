// Rprop, steps by the gradient's sign alone (Riedmiller & Braun, A direct adaptive method for faster backpropagation learning,
// ICNN 1993), in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  elementwise. g = direction grad. Each element has a step size, at first lr; it grows by etaPlus where g has the
//            sign of the previous gradient, and shrinks by etaMinus where it has the other one, in which case the element
//            does not move and its gradient counts as 0. param -= sign(g) size.
//            A one-thread kernel counts the step.
// Shapes     param, grad, previous, size, half [*]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Rprop {
  RpropParams p;
  const float* lr;
  const int* step;
  DEV float operator()(float param, float grad, float& previous, float& size) const {
    float g = p.direction * grad;
    const float agreement = g * previous;
    const float factor = agreement > 0 ? p.etaPlus : agreement < 0 ? p.etaMinus : 1.0f;
    if (agreement < 0) g = 0;
    previous = g;
    size = fminf(fmaxf((*step == 0 ? *lr : size) * factor, p.least), p.most);
    return param - (g > 0 ? size : g < 0 ? -size : 0.0f);
  }
};

}  // namespace

void rprop(Context& ctx, Bufs in, Bufs, const RpropParams& p) {
  float *previous = in[2].as<float>(), *size = in[3].as<float>();
  const Rprop rule = {p, in[4].as<float>(), in[5].as<int>()};
  step_by(ctx, rule, {.param = in[0], .grad = in[1], .half = in[6]}, previous, size);
  count_step(ctx, in[5]);
}

}  // namespace convolt::CONVOLT_BACKEND
