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
#include "grid.cuh"
#include "half_copy.cuh"

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

template <class Half>
__global__ void __launch_bounds__(kBlock)
    radam_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ m, float* __restrict__ v,
                 Half* __restrict__ half, const StepSize* __restrict__ size, int64_t n, RadamParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    const float mean = p.beta1 * m[i] + (1 - p.beta1) * g;
    const float square = p.beta2 * v[i] + (1 - p.beta2) * g * g;
    m[i] = mean;
    v[i] = square;
    const float next = param[i] - mean * (size->variance_known ? size->rectified / (sqrtf(square) + p.eps) : size->plain);
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

}  // namespace

void radam(Context& ctx, Bufs in, Bufs, const RadamParams& p) {
  const int64_t n = in[0].numel;
  auto* size = ctx.scratch_array<StepSize>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[5].as<int>(), in[4].as<float>(), size, p);
  if (n > 0)
    with_half_copy(in[6], [&]<class Half>(Half* half) {
      launch(radam_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
             in[3].as<float>(), half, size, n, p);
    });
}

}  // namespace convolt::CONVOLT_BACKEND
