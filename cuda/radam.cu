// RAdam: Adam whose first steps, while the mean square is known badly, do without it, and whose later ones are rectified
// for its variance (Liu et al., On the variance of the adaptive learning rate and beyond, ICLR 2020), in torch's
// formulation, over one flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out in double rhoMost = 2 / (1 - b2) - 1,
//            rho = rhoMost - 2 t b2^t / (1 - b2^t) and, if rho > 5, the rectification
//            r = sqrt((rho-4)(rho-2) rhoMost / ((rhoMost-4)(rhoMost-2) rho)); then elementwise:
//            g = direction grad + weightDecay param;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
//            param -= lr / (1 - b1^t) * m * (rho > 5 ? r sqrt(1 - b2^t) / (sqrt(v) + eps) : 1).
// Shapes     param, grad, m, v, half [*]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct StepSize {
  float plain;      // lr / (1 - b1^t)
  float rectified;  // that times r sqrt(1 - b2^t)
  bool variance_known;
};

__global__ void begin_step_kernel(int* step, const float* lr, StepSize* size, RadamParams p) {
  *step += 1;
  const double t = *step, power = pow(double(p.beta2), t), plain = *lr / (1 - pow(double(p.beta1), t));
  const double most = 2 / (1 - double(p.beta2)) - 1, rho = most - 2 * t * power / (1 - power);
  const double r = rho > 5 ? sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) : 0;
  size->plain = float(plain);
  size->rectified = float(plain * r * sqrt(1 - power));
  size->variance_known = rho > 5;
}

struct Radam {
  RadamParams p;
  const StepSize* size;
  DEV float operator()(float param, float grad, float& m, float& v) const {
    const float g = p.direction * grad + p.weightDecay * param;
    m = p.beta1 * m + (1 - p.beta1) * g;
    v = p.beta2 * v + (1 - p.beta2) * g * g;
    return param - m * (size->variance_known ? size->rectified / (sqrtf(v) + p.eps) : size->plain);
  }
};

}  // namespace

void radam(Context& ctx, Bufs in, Bufs, const RadamParams& p) {
  float *m = in[2].as<float>(), *v = in[3].as<float>();
  auto* size = ctx.scratch_array<StepSize>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[5].as<int>(), in[4].as<float>(), size, p);
  step_by(ctx, Radam{p, size}, {.param = in[0], .grad = in[1], .half = in[6]}, m, v);
}

}  // namespace convolt::CONVOLT_BACKEND
