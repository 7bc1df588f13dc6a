// LARS (You, Gitman & Ginsburg, Large batch training of convolutional networks, arXiv:1708.03888, algorithm 1), over one flat
// buffer of parameters.
//
// Algorithm  norms of each parameter's weights and gradient (layer_norms.cuh), then elementwise: g is direction grad;
//            ratio = trust |param| / (|g| + weightDecay |param| + eps), 1 where either norm is 0;
//            velocity = momentum velocity + lr ratio (g + weightDecay param);  param -= velocity.
// Shapes     param, grad, velocity, half [n]; layer [count,2]; lr, step [1].
// Bytes      28 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "half_copy.cuh"
#include "layer_norms.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct WeightAndGradient {
  const float *param, *grad;
  DEV Squares operator()(int64_t i) const { return {param[i] * param[i], grad[i] * grad[i]}; }
};

struct LarsRatio {
  float trust, weightDecay, eps;
  DEV float operator()(float weight, float gradient) const {
    return weight > 0 && gradient > 0 ? trust * weight / (gradient + weightDecay * weight + eps) : 1.0f;
  }
};

template <class Half>
__global__ void __launch_bounds__(kBlock)
    lars_kernel(float* __restrict__ param, const float* __restrict__ grad, float* __restrict__ velocity, Half* __restrict__ half,
                const int* __restrict__ layer, const float* __restrict__ ratio, const float* __restrict__ lr, LarsParams p) {
  for (int64_t i = first_element(); i < p.n; i += grid_threads()) {
    const float rate = *lr * ratio[layer_of(layer, p.count, i)];
    const float v = p.momentum * velocity[i] + rate * (p.direction * grad[i] + p.weightDecay * param[i]);
    velocity[i] = v;
    const float next = param[i] - v;
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

__global__ void count_kernel(int* step) { *step += 1; }

}  // namespace

void lars(Context& ctx, Bufs in, Bufs, const LarsParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  const int* layer = in[3].as<int>();
  if (p.n > 0 && p.count > 0) {
    const float* ratio = layer_ratios(ctx, layer, p.count, p.n, WeightAndGradient{param, grad}, LarsRatio{p.trust, p.weightDecay, p.eps});
    with_half_copy(in[6], [&]<class Half>(Half* half) {
      launch(lars_kernel<Half>, blocks_for(p.n), kBlock, 0, ctx.stream, param, grad, in[2].as<float>(), half, layer, ratio,
             in[4].as<float>(), p);
    });
  }
  launch(count_kernel, 1, 1, 0, ctx.stream, in[5].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
