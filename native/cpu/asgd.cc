// Averaged stochastic gradient descent (Polyak & Juditsky, Acceleration of stochastic approximation by averaging, SIAM 1992),
// in torch's formulation.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void asgd(Context&, Bufs in, Bufs, const AsgdParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[5].as<float>();
  float* average = in[2].as<float>();
  const double lr = *in[3].as<float>();
  const double before = (*in[4].as<int32_t>())++;
  const double decayed = lr / std::pow(1 + p.lambda * lr * before, double(p.alpha));
  const float rate = float(decayed), shrink = float(1 - p.lambda * decayed), share = float(1 / std::max(1.0, before - p.averageFrom));
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i] + p.weightDecay * param[i];
      param[i] = shrink * param[i] - rate * g;
      average[i] = share == 1 ? param[i] : average[i] + share * (param[i] - average[i]);
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
