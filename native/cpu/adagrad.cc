// Adagrad (Duchi, Hazan & Singer, Adaptive subgradient methods for online learning and stochastic optimization, JMLR 2011),
// in torch's formulation.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void adagrad(Context&, Bufs in, Bufs, const AdagradParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[5].as<float>();
  float* sum = in[2].as<float>();
  int32_t* step = in[4].as<int32_t>();
  const float rate = float(*in[3].as<float>() / (1 + *step * double(p.lrDecay)));
  ++*step;
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i] + p.weightDecay * param[i];
      sum[i] += g * g;
      param[i] -= rate * g / (std::sqrt(sum[i]) + p.eps);
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
