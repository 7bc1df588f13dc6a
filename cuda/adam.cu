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
#include "grid.cuh"
#include "half_copy.cuh"

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

template <class Half>
__global__ void __launch_bounds__(kBlock, 6)  // without the 6, ptxas gives 32 registers and spills
    adam_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ m, float* __restrict__ v,
                float* __restrict__ vmax, Half* __restrict__ half, const StepSize* __restrict__ size, int64_t n, AdamParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float value = param[i] * size->decay;
    const float g = p.direction * grad[i] + (p.decoupled ? 0.0f : p.weightDecay * value);
    const float mean = p.beta1 * m[i] + (1 - p.beta1) * g;
    float square = p.beta2 * v[i] + (1 - p.beta2) * g * g;
    m[i] = mean;
    v[i] = square;
    if (vmax) vmax[i] = square = fmaxf(vmax[i], square);
    const float next = value - size->step_size * mean / (sqrtf(square) / size->root_correction + p.eps);
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

}  // namespace

void adam(Context& ctx, Bufs in, Bufs, const AdamParams& p) {
  const int64_t n = in[0].numel;
  auto* size = ctx.scratch_array<StepSize>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[6].as<int>(), in[5].as<float>(), size, p);
  if (n > 0)
    with_half_copy(in[7], [&]<class Half>(Half* half) {
      launch(adam_kernel<Half>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
             in[3].as<float>(), in[4].as<float>(), half, size, n, p);
    });
}

}  // namespace convolt::CONVOLT_BACKEND
