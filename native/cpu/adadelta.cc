// Adadelta (Zeiler, arXiv:1212.5701), in torch's formulation.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void adadelta(Context&, Bufs in, Bufs, const AdadeltaParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[6].as<float>();
  float *square = in[2].as<float>(), *change = in[3].as<float>();
  const float lr = *in[4].as<float>();
  ++*in[5].as<int32_t>();
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i] + p.weightDecay * param[i];
      square[i] = p.rho * square[i] + (1 - p.rho) * g * g;
      const float update = std::sqrt(change[i] + p.eps) / std::sqrt(square[i] + p.eps) * g;
      change[i] = p.rho * change[i] + (1 - p.rho) * update * update;
      param[i] -= lr * update;
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
