// One value of a row, in one partial result for each lane of a vector. The order depends on the length alone.
#pragma once

#include <cmath>
#include <cstdint>

namespace convolt::cpu {

// Four vectors, or more where they are narrow: each waits for its own last value only.
constexpr int64_t kLanes = 64;

// NaN is larger than all, and smaller. Without `||`, which the compiler would not compute in vectors.
inline float larger(float a, float b) { return (!(a <= b) & (b == b)) ? a : b; }
inline float smaller(float a, float b) { return (!(a >= b) & (b == b)) ? a : b; }

// Combines term(i) for i of [0, n) lane by lane.
template <class Term, class Combine>
inline __attribute__((always_inline)) float reduce(int64_t n, float start, const Term& term, const Combine& combine) {
  float lane[kLanes];
  for (int64_t j = 0; j < kLanes; j++) lane[j] = start;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
#pragma GCC unroll 1  // unrolled, it would be left in scalars
    for (int64_t j = 0; j < kLanes; j++) lane[j] = combine(lane[j], term(i + j));
  }
  for (; i < n; i++) lane[0] = combine(lane[0], term(i));
  for (int64_t half = kLanes / 2; half > 0; half /= 2)
    for (int64_t j = 0; j < half; j++) lane[j] = combine(lane[j], lane[j + half]);
  return lane[0];
}

struct Plus {
  float operator()(float a, float b) const { return a + b; }
};

struct Larger {
  float operator()(float a, float b) const { return larger(a, b); }
};

struct Smaller {
  float operator()(float a, float b) const { return smaller(a, b); }
};

}  // namespace convolt::cpu
