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
#include "layer_norms.cuh"
#include "optimizer.cuh"

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

// The first pass: means, and the update, computed on the way to its squares.
struct WeightAndUpdate {
  const float *param, *grad;
  float *m, *v, *update;
  const Corrections* corrections;
  LambParams p;
  bool aligned;

  DEV float update_of(float param, float grad, float& m, float& v) const {
    const float g = p.direction * grad;
    m = p.beta1 * m + (1 - p.beta1) * g;
    v = p.beta2 * v + (1 - p.beta2) * g * g;
    return m / corrections->first / (sqrtf(v) / corrections->root_second + p.eps) + p.weightDecay * param;
  }

  template <int V>
  DEV void operator()(int64_t i, float (&weight)[V], float (&change)[V]) const {
    float gradient[V], mean[V], square[V];
    load(param + i, aligned, weight);
    load(grad + i, aligned, gradient);
    load(m + i, aligned, mean);
    load(v + i, aligned, square);
    UNROLL for (int k = 0; k < V; k++) change[k] = update_of(weight[k], gradient[k], mean[k], square[k]);
    store(mean, aligned, m + i);
    store(square, aligned, v + i);
    store(change, aligned, update + i);
  }
};

struct LambRatio {
  DEV float operator()(float weight, float update) const { return weight > 0 && update > 0 ? weight / update : 1.0f; }
};

// The second pass.
struct LambStep {
  float rate;  // lr |param| / |update|
  DEV float operator()(float param, float update) const { return param - rate * update; }
};

struct Lamb {
  const float* lr;
  LayerRatios ratios;
  DEV LambStep at(int64_t i) const { return {*lr * ratios.of(i)}; }
};

}  // namespace

void lamb(Context& ctx, Bufs in, Bufs, const LambParams& p) {
  const float *param = in[0].as<float>(), *grad = in[1].as<float>();
  float *m = in[2].as<float>(), *v = in[3].as<float>();
  auto* corrections = ctx.scratch_array<Corrections>(1);
  launch(begin_step_kernel, 1, 1, 0, ctx.stream, in[6].as<int>(), corrections, p);
  if (p.n == 0 || p.count == 0) return;
  float* update = ctx.scratch_array<float>(p.n);
  const WeightAndUpdate squared = {param, grad, m, v, update, corrections, p, are_aligned<kStepped>(param, grad, m, v)};
  const LayerRatios ratios = layer_ratios(ctx, in[4].as<int>(), p.count, p.n, squared, LambRatio{});
  step_by(ctx, Lamb{in[5].as<float>(), ratios}, {.param = in[0], .grad = {update, p.n}, .half = in[7]});
}

}  // namespace convolt::CONVOLT_BACKEND
