// RMSprop (Tieleman & Hinton, Coursera: neural networks for machine learning, lecture 6.5, 2012; centred: Graves,
// arXiv:1308.0850), in torch's formulation.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void rmsprop(Context&, Bufs in, Bufs, const RmspropParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[7].as<float>();
  float *square = in[2].as<float>(), *mean = in[3].as<float>(), *velocity = in[4].as<float>();
  const float lr = *in[5].as<float>();
  ++*in[6].as<int32_t>();
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i] + p.weightDecay * param[i];
      float spread = square[i] = p.alpha * square[i] + (1 - p.alpha) * g * g;
      if (mean) {
        mean[i] = p.alpha * mean[i] + (1 - p.alpha) * g;
        spread = std::max(spread - mean[i] * mean[i], 0.0f);  // rounding may make the variance negative
      }
      float update = g / (std::sqrt(spread) + p.eps);
      if (velocity) velocity[i] = update = p.momentum * velocity[i] + update;
      param[i] -= lr * update;
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
