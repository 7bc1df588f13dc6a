// Lion (Chen et al., Symbolic discovery of optimization algorithms, arXiv:2302.06675, algorithm 2).
#include "backend.h"

#include <algorithm>

#include "parallel.h"

namespace convolt::cpu {
namespace {

VECTORIZED void update(float* param, const float* grad, float* m, int64_t n, float lr, const LionParams& p) {
  for (int64_t i = 0; i < n; i++) {
    const float g = p.direction * grad[i];
    const float mixed = p.beta1 * m[i] + (1 - p.beta1) * g;
    const float sign = float(mixed > 0) - float(mixed < 0);
    param[i] -= lr * (mixed != mixed ? mixed : sign + p.weightDecay * param[i]);
    m[i] = p.beta2 * m[i] + (1 - p.beta2) * g;
  }
}

}  // namespace

void lion(Context&, Bufs in, Bufs, const LionParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float *m = in[2].as<float>(), *half = in[5].as<float>();
  const float lr = *in[3].as<float>();
  parallel_for(in[0].numel, kElementGrain, [&](int64_t begin, int64_t end) {
    update(param + begin, grad + begin, m + begin, end - begin, lr, p);
    if (half) std::copy(param + begin, param + end, half + begin);
  });
  ++*in[4].as<int32_t>();
}

}  // namespace convolt::cpu
