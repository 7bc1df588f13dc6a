// Stochastic gradient descent with momentum (Sutskever et al., ICML 2013; the formulation is torch's).
#include "backend.h"

#include <algorithm>

#include "parallel.h"

namespace convolt::cpu {
namespace {

VECTORIZED void update(float* param, const float* grad, float* velocity, int64_t n, float lr, bool first, const SgdParams& p) {
  if (!velocity) {
    for (int64_t i = 0; i < n; i++) param[i] -= lr * (p.direction * grad[i] + p.weightDecay * param[i]);
    return;
  }
  const float keep = first ? 0.0f : p.momentum, take = first ? 1.0f : 1 - p.dampening;
  for (int64_t i = 0; i < n; i++) {
    const float g = p.direction * grad[i] + p.weightDecay * param[i];
    const float v = keep * velocity[i] + take * g;
    velocity[i] = v;
    param[i] -= lr * (p.nesterov ? g + p.momentum * v : v);
  }
}

}  // namespace

void sgd(Context&, Bufs in, Bufs, const SgdParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* velocity = p.momentum != 0 ? in[2].as<float>() : nullptr;
  int32_t* step = in[4].as<int32_t>();
  float* half = in[5].as<float>();
  const float lr = *in[3].as<float>();
  const bool first = *step == 0;
  parallel_for(in[0].numel, kElementGrain, [&](int64_t begin, int64_t end) {
    update(param + begin, grad + begin, velocity ? velocity + begin : nullptr, end - begin, lr, first, p);
    if (half) std::copy(param + begin, param + end, half + begin);
  });
  ++*step;
}

}  // namespace convolt::cpu
