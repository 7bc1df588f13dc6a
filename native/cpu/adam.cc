// Adam (Kingma & Ba, ICLR 2015), AMSGrad (Reddi et al., ICLR 2018) and AdamW (Loshchilov & Hutter, ICLR 2019), in
// torch's formulation.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void adam(Context&, Bufs in, Bufs, const AdamParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float *m = in[2].as<float>(), *v = in[3].as<float>(), *vmax = in[4].as<float>();
  float* half = in[7].as<float>();
  const float lr = *in[5].as<float>();
  int32_t* step = in[6].as<int32_t>();
  ++*step;
  const double correction1 = 1 - std::pow(double(p.beta1), *step), correction2 = 1 - std::pow(double(p.beta2), *step);
  const float step_size = float(lr / correction1), root_correction = float(std::sqrt(correction2));
  const float decay = p.decoupled ? 1 - lr * p.weightDecay : 1.0f;
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float value = param[i] * decay;
      const float g = p.direction * grad[i] + (p.decoupled ? 0.0f : p.weightDecay * value);
      const float mean = p.beta1 * m[i] + (1 - p.beta1) * g;
      float square = p.beta2 * v[i] + (1 - p.beta2) * g * g;
      m[i] = mean;
      v[i] = square;
      if (vmax) vmax[i] = square = std::max(vmax[i], square);
      param[i] = value - step_size * mean / (std::sqrt(square) / root_correction + p.eps);
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
