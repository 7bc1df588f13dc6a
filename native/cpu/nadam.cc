// NAdam: Adam with Nesterov's momentum (Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop 2016), in torch's
// formulation: mu(t) = b1 (1 - 0.96^(momentumDecay t) / 2), and muProduct is mu(1) ... mu(t).
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void nadam(Context&, Bufs in, Bufs, const NadamParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[7].as<float>();
  float *m = in[2].as<float>(), *v = in[3].as<float>(), *mu_product = in[4].as<float>();
  const double lr = *in[5].as<float>();
  int32_t* step = in[6].as<int32_t>();
  const double t = ++*step;
  const double mu = p.beta1 * (1 - 0.5 * std::pow(0.96, t * p.momentumDecay));
  const double mu_next = p.beta1 * (1 - 0.5 * std::pow(0.96, (t + 1) * p.momentumDecay));
  const double product = *mu_product * mu;
  *mu_product = float(product);
  const double next_product = product * (p.repeatMu ? mu : 1) * mu_next;
  const float gradient_weight = float(lr * (1 - mu) / (1 - product)), mean_weight = float(lr * mu_next / (1 - next_product));
  const float root_correction = float(std::sqrt(1 - std::pow(double(p.beta2), t)));
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i] + p.weightDecay * param[i];
      m[i] = p.beta1 * m[i] + (1 - p.beta1) * g;
      v[i] = p.beta2 * v[i] + (1 - p.beta2) * g * g;
      param[i] -= (gradient_weight * g + mean_weight * m[i]) / (std::sqrt(v[i]) / root_correction + p.eps);
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
