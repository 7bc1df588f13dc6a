// What training with a scaled loss needs on the device: copies that depend on a number there, and the scale's own changes.
#include "backend.h"

#include <cmath>
#include <cstring>

#include "parallel.h"

namespace convolt::cpu {

void copy_if(Context&, Bufs in, Bufs, const NoParams&) {
  if (*in[2].as<int32_t>() == 0) return;
  auto* target = in[0].as<unsigned char>();
  const auto* x = in[1].as<unsigned char>();
  parallel_for(in[0].numel * int64_t(bytes_of(in[0].dtype)), kElementGrain,
               [&](int64_t begin, int64_t end) { std::memcpy(target + begin, x + begin, size_t(end - begin)); });
}

void update_loss_scale(Context&, Bufs in, Bufs, const LossScaleParams& p) {
  float* scale = in[0].as<float>();
  int32_t *good = in[1].as<int32_t>(), nonfinite = *in[2].as<int32_t>();
  if (nonfinite != 0) {
    *scale *= p.backoff;
    *good = 0;
  } else if (++*good == p.every) {
    const float grown = *scale * p.growth;
    if (std::isfinite(grown)) *scale = grown;
    *good = 0;
  }
}

}  // namespace convolt::cpu
