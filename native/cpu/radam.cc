// RAdam: Adam whose first steps, while the mean square is known badly, do without it, and whose later ones are rectified
// for its variance (Liu et al., On the variance of the adaptive learning rate and beyond, ICLR 2020), in torch's
// formulation.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void radam(Context&, Bufs in, Bufs, const RadamParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[6].as<float>();
  float *m = in[2].as<float>(), *v = in[3].as<float>();
  int32_t* step = in[5].as<int32_t>();
  const double t = ++*step, power = std::pow(double(p.beta2), t);
  const double plain = *in[4].as<float>() / (1 - std::pow(double(p.beta1), t));
  const double most = 2 / (1 - double(p.beta2)) - 1, rho = most - 2 * t * power / (1 - power);
  const bool variance_known = rho > 5;
  const double r = variance_known ? std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) : 0;
  const float plain_size = float(plain), rectified_size = float(plain * r * std::sqrt(1 - power));
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i] + p.weightDecay * param[i];
      m[i] = p.beta1 * m[i] + (1 - p.beta1) * g;
      v[i] = p.beta2 * v[i] + (1 - p.beta2) * g * g;
      param[i] -= m[i] * (variance_known ? rectified_size / (std::sqrt(v[i]) + p.eps) : plain_size);
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
