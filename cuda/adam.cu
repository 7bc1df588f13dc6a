// Adam (Kingma & Ba, ICLR 2015), AMSGrad (Reddi et al., ICLR 2018) and AdamW (Loshchilov & Hutter, ICLR 2019), in
// torch's formulation, over one flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out the bias corrections in double; then elementwise:
//            m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
//            param -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps), AMSGrad with the largest v so far.
//            g is direction grad. Weight decay is added to g, or with `decoupled` shrinks param first. lr and step lie in device memory.
//            half = param, rounded.
// Shapes     param, grad, m, v, vmax, half [*]; lr, step [1].
// Bytes      28 an element, 36 with vmax; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct StepSize {
  float step_size;        // lr / (1 - b1^t)
  float root_correction;  // sqrt(1 - b2^t)
  float decay;            // what param is multiplied by first
};

__global__ void begin_step_kernel(int* step, const float* lr, StepSize* size, AdamParams p) {
  *step += 1;
  const double correction1 = 1 - pow(double(p.beta1), double(*step)), correction2 = 1 - pow(double(p.beta2), double(*step));
  size->step_size = float(*lr / correction1);
  size->root_correction = float(sqrt(correction2));
  size->decay = p.decoupled ? 1 - *lr * p.weightDecay : 1.0f;
}

struct Adam {
  AdamParams p;
  const StepSize* size;
  bool amsgrad;
  DEV float operator()(float param, float grad, float& m, float& v, float& vmax) const {
    const float value = param * size->decay;
    const float g = p.direction * grad + (p.decoupled ? 0.0f : p.weightDecay * value);
    m = p.beta1 * m + (1 - p.beta1) * g;
    v = p.beta2 * v + (1 - p.beta2) * g * g;
    if (amsgrad) vmax = fmaxf(vmax, v);
    return value - size->step_size * m / (sqrtf(amsgrad ? vmax : v) / size->root_correction + p.eps);
  }
};

}  // namespace

void adam(Context& ctx, Bufs in, Bufs, const AdamParams& p) {
  float *m = in[2].as<float>(), *v = in[3].as<float>(), *vmax = in[4].as<float>();
  auto* size = ctx.scratch_array<StepSize>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[6].as<int>(), in[5].as<float>(), size, p);
  step_by(ctx, Adam{p, size, vmax != nullptr}, {.param = in[0], .grad = in[1], .half = in[7]}, m, v, vmax);
}

}  // namespace convolt::CONVOLT_BACKEND
