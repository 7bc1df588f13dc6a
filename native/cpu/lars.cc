// LARS (You, Gitman & Ginsburg, Large batch training of convolutional networks, arXiv:1708.03888, algorithm 1).
#include "backend.h"

#include "layers.h"

namespace convolt::cpu {
namespace {

VECTORIZED void update(float* param, const float* grad, float* velocity, int64_t n, float rate, const LarsParams& p) {
  for (int64_t i = 0; i < n; i++) {
    const float v = p.momentum * velocity[i] + rate * (p.direction * grad[i] + p.weightDecay * param[i]);
    velocity[i] = v;
    param[i] -= v;
  }
}

}  // namespace

void lars(Context&, Bufs in, Bufs, const LarsParams& p) {
  const float lr = *in[4].as<float>();
  float* halves = in[6].as<float>();
  for_each_layer(in[3].as<int32_t>(), p.count, p.n, [&](int64_t begin, int64_t size, bool scaled) {
    float *param = in[0].as<float>() + begin, *velocity = in[2].as<float>() + begin;
    const float* grad = in[1].as<float>() + begin;
    const float weight = scaled ? norm_of(param, size) : 0, gradient = scaled ? norm_of(grad, size) : 0;
    const float ratio = weight > 0 && gradient > 0 ? p.trust * weight / (gradient + p.weightDecay * weight + p.eps) : 1.0f;
    parallel_for(size, kElementGrain, [&](int64_t from, int64_t to) {
      update(param + from, grad + from, velocity + from, to - from, lr * ratio, p);
      if (halves) std::copy(param + from, param + to, halves + begin + from);
    });
  });
  ++*in[5].as<int32_t>();
}

}  // namespace convolt::cpu
