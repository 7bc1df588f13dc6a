// Adamax: Adam with the largest gradient so far, fading, in place of the mean square (Kingma & Ba, ICLR 2015, section
// 7.1), in torch's formulation.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void adamax(Context&, Bufs in, Bufs, const AdamaxParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[6].as<float>();
  float *m = in[2].as<float>(), *largest = in[3].as<float>();
  int32_t* step = in[5].as<int32_t>();
  ++*step;
  const float step_size = float(*in[4].as<float>() / (1 - std::pow(double(p.beta1), *step)));
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i] + p.weightDecay * param[i];
      m[i] = p.beta1 * m[i] + (1 - p.beta1) * g;
      largest[i] = std::max(p.beta2 * largest[i], std::abs(g) + p.eps);
      param[i] -= step_size * m[i] / largest[i];
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
