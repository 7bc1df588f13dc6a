// The largest and the smallest elements along the middle axis of x [outer,size,inner], with their places.
#include "backend.h"
#include "reduce.h"

namespace convolt::cpu {
namespace {

template <bool largest>
void extreme(Bufs in, Bufs out, const AxisParams& p) {
  float* y = out[0].as<float>();
  int32_t* index = out[1].as<int32_t>();
  if (p.size > 0) return reduce_extreme<largest>(in[0].as<float>(), y, index, p, [](float x) { return x; });
  std::fill_n(y, out[0].numel, largest ? -INFINITY : INFINITY);
  std::fill_n(index, out[0].numel, 0);
}

}  // namespace

void max(Context&, Bufs in, Bufs out, const AxisParams& p) { extreme<true>(in, out, p); }
void min(Context&, Bufs in, Bufs out, const AxisParams& p) { extreme<false>(in, out, p); }

}  // namespace convolt::cpu
