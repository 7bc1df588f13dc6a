// Rprop, steps by the gradient's sign alone (Riedmiller & Braun, A direct adaptive method for faster backpropagation learning,
// ICNN 1993), in torch's formulation.
#include "backend.h"

#include <algorithm>

#include "parallel.h"

namespace convolt::cpu {

void rprop(Context&, Bufs in, Bufs, const RpropParams& p) {
  float* param = in[0].as<float>();
  const float* grad = in[1].as<float>();
  float* half = in[6].as<float>();
  float *previous = in[2].as<float>(), *size = in[3].as<float>();
  const float lr = *in[4].as<float>();
  const bool first = (*in[5].as<int32_t>())++ == 0;
  parallel_for(in[0].numel, kElementGrain / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = p.direction * grad[i], agreement = g * previous[i];
      const float factor = agreement > 0 ? p.etaPlus : agreement < 0 ? p.etaMinus : 1.0f;
      size[i] = std::min(std::max((first ? lr : size[i]) * factor, p.least), p.most);
      previous[i] = agreement < 0 ? 0.0f : g;
      param[i] -= previous[i] > 0 ? size[i] : previous[i] < 0 ? -size[i] : 0.0f;
    }
    if (half) std::copy(param + begin, param + end, half + begin);
  });
}

}  // namespace convolt::cpu
