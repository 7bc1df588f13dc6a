// LAMB (You et al., Large batch optimization for deep learning: training BERT in 76 minutes, ICLR 2020, algorithm 2).
#include "backend.h"

#include "layers.h"

namespace convolt::cpu {
namespace {

struct Corrections {
  float first;        // 1 - b1^t
  float root_second;  // sqrt(1 - b2^t)
};

VECTORIZED void compute_update(const float* param, const float* grad, float* m, float* v, float* update, int64_t n, Corrections c, const LambParams& p) {
  for (int64_t i = 0; i < n; i++) {
    const float g = p.direction * grad[i];
    m[i] = p.beta1 * m[i] + (1 - p.beta1) * g;
    v[i] = p.beta2 * v[i] + (1 - p.beta2) * g * g;
    update[i] = m[i] / c.first / (std::sqrt(v[i]) / c.root_second + p.eps) + p.weightDecay * param[i];
  }
}

VECTORIZED void apply(float* param, const float* update, int64_t n, float rate) {
  for (int64_t i = 0; i < n; i++) param[i] -= rate * update[i];
}

}  // namespace

void lamb(Context& ctx, Bufs in, Bufs, const LambParams& p) {
  int32_t* step = in[6].as<int32_t>();
  ++*step;
  const double second = 1 - std::pow(double(p.beta2), *step);
  const Corrections corrections = {float(1 - std::pow(double(p.beta1), *step)), float(std::sqrt(second))};
  const float lr = *in[5].as<float>();
  float* halves = in[7].as<float>();
  float* updates = ctx.scratch_array<float>(p.n);
  for_each_layer(in[4].as<int32_t>(), p.count, p.n, [&](int64_t begin, int64_t size, bool scaled) {
    float *param = in[0].as<float>() + begin, *m = in[2].as<float>() + begin, *v = in[3].as<float>() + begin, *update = updates + begin;
    const float* grad = in[1].as<float>() + begin;
    parallel_for(size, kElementGrain / 4, [&](int64_t from, int64_t to) {
      compute_update(param + from, grad + from, m + from, v + from, update + from, to - from, corrections, p);
    });
    const float weight = scaled ? norm_of(param, size) : 0, change = scaled ? norm_of(update, size) : 0;
    const float ratio = weight > 0 && change > 0 ? weight / change : 1.0f;
    parallel_for(size, kElementGrain, [&](int64_t from, int64_t to) {
      apply(param + from, update + from, to - from, lr * ratio);
      if (halves) std::copy(param + from, param + to, halves + begin + from);
    });
  });
}

}  // namespace convolt::cpu
