// Adamax: Adam with the largest gradient so far, fading, in place of the mean square (Kingma & Ba, ICLR 2015, section
// 7.1), in torch's formulation, over one flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out the step size in double; then elementwise:
//            g = direction grad + weightDecay param;  m = b1 m + (1 - b1) g;  largest = max(b2 largest, |g| + eps);
//            param -= lr / (1 - b1^t) * m / largest.
// Shapes     param, grad, m, largest, half [*]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "optimizer.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void begin_step_kernel(int* step, const float* lr, float* step_size, AdamaxParams p) {
  *step += 1;
  *step_size = float(*lr / (1 - pow(double(p.beta1), double(*step))));
}

struct Adamax {
  AdamaxParams p;
  const float* step_size;
  DEV float operator()(float param, float grad, float& m, float& largest) const {
    const float g = p.direction * grad + p.weightDecay * param;
    m = p.beta1 * m + (1 - p.beta1) * g;
    largest = fmaxf(p.beta2 * largest, fabsf(g) + p.eps);
    return param - *step_size * m / largest;
  }
};

}  // namespace

void adamax(Context& ctx, Bufs in, Bufs, const AdamaxParams& p) {
  float *m = in[2].as<float>(), *largest = in[3].as<float>();
  auto* step_size = ctx.scratch_array<float>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[5].as<int>(), in[4].as<float>(), step_size, p);
  step_by(ctx, Adamax{p, step_size}, {.param = in[0], .grad = in[1], .half = in[6]}, m, largest);
}

}  // namespace convolt::CONVOLT_BACKEND
