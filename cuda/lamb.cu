// LAMB (You et al., Large batch optimization for deep learning: training BERT in 76 minutes, ICLR 2020, algorithm 2), over one
// flat buffer of parameters.
//
// Algorithm  a one-thread kernel counts the step t and works out the bias corrections in double; then elementwise, g being
//            direction grad: m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
//            update = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) + weightDecay param;
//            and with norms of each parameter's weights and update (layer_norms.cuh), 1 for their quotient where either is 0:
//            param -= lr |param| / |update| update.
// Shapes     param, grad, m, v, half [n]; layer [count,2]; lr, step [1].
// Bytes      40 an element; 2 more with half.
// Bound by   memory.
#include "backend.h"
#include "half_copy.cuh"
#include "layer_norms.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Corrections {
  float first;        // 1 - b1^t
  float root_second;  // sqrt(1 - b2^t)
};

__global__ void begin_step_kernel(int* step, Corrections* corrections, LambParams p) {
  *step += 1;
  corrections->first = float(1 - pow(double(p.beta1), double(*step)));
  corrections->root_second = float(sqrt(1 - pow(double(p.beta2), double(*step))));
}

// Computes the update of an element on the way.
struct WeightAndUpdate {
  const float *param, *grad;
  float *m, *v, *update;
  const Corrections* corrections;
  LambParams p;
  DEV Squares operator()(int64_t i) const {
    const float g = p.direction * grad[i], value = param[i];
    const float mean = p.beta1 * m[i] + (1 - p.beta1) * g, square = p.beta2 * v[i] + (1 - p.beta2) * g * g;
    m[i] = mean;
    v[i] = square;
    const float u = mean / corrections->first / (sqrtf(square) / corrections->root_second + p.eps) + p.weightDecay * value;
    update[i] = u;
    return {value * value, u * u};
  }
};

struct LambRatio {
  DEV float operator()(float weight, float update) const { return weight > 0 && update > 0 ? weight / update : 1.0f; }
};

template <class Half>
__global__ void __launch_bounds__(kBlock)
    lamb_kernel(float* __restrict__ param, const float* __restrict__ update, Half* __restrict__ half, const int* __restrict__ layer,
                const float* __restrict__ ratio, const float* __restrict__ lr, LambParams p) {
  for (int64_t i = first_element(); i < p.n; i += grid_threads()) {
    const float next = param[i] - *lr * ratio[layer_of(layer, p.count, i)] * update[i];
    param[i] = next;
    if (half) half[i] = narrow<Half>(next);
  }
}

}  // namespace

void lamb(Context& ctx, Bufs in, Bufs, const LambParams& p) {
  float* param = in[0].as<float>();
  const int* layer = in[4].as<int>();
  auto* corrections = ctx.scratch_array<Corrections>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[6].as<int>(), corrections, p);
  if (p.n == 0 || p.count == 0) return;
  float* update = ctx.scratch_array<float>(p.n);
  const WeightAndUpdate squares = {param, in[1].as<float>(), in[2].as<float>(), in[3].as<float>(), update, corrections, p};
  const float* ratio = layer_ratios(ctx, layer, p.count, p.n, squares, LambRatio{});
  with_half_copy(in[7], [&]<class Half>(Half* half) {
    launch(lamb_kernel<Half>, blocks_for(p.n), kBlock, 0, ctx.stream, param, update, half, layer, ratio, in[5].as<float>(), p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
