// The parameters of a flat buffer one by one, for optimisers that scale a layer's step.
#pragma once

#include <algorithm>
#include <cmath>

#include "reduce.h"

namespace convolt::cpu {

// Calls body(begin, size, whether it is scaled) for each parameter; layer[count,2] has where it begins, and that. Whatever
// stands there, the ranges lie in [0, n).
template <class Body>
void for_each_layer(const int32_t* layer, int64_t count, int64_t n, const Body& body) {
  auto begin_of = [&](int64_t which) { return which < count ? std::clamp<int64_t>(layer[2 * which], 0, n) : n; };
  for (int64_t which = 0; which < count; which++) {
    const int64_t begin = begin_of(which);
    body(begin, std::max<int64_t>(begin_of(which + 1) - begin, 0), layer[2 * which + 1] != 0);
  }
}

inline float norm_of(const float* x, int64_t n) {
  double norm = 0;
  sum_one(x, 0, n, 1, [](float value, int64_t) { return value * value; }, [&](int64_t, double sum) { norm = std::sqrt(sum); });
  return float(norm);
}

}  // namespace convolt::cpu
