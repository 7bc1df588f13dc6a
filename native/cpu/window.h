// The windows of max, average and Lp pooling, and, the other way round, the windows that hold an input.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "params.h"
#include "parallel.h"

namespace convolt::cpu {

// The taps [first, last) along one axis that lie inside the image, and where tap 0 lies.
struct Taps {
  int64_t origin;
  int first, last;

  Taps(int64_t output, int64_t stride, int64_t pad, int64_t dilation, int64_t taps, int64_t extent) : origin(output * stride - pad) {
    const int64_t begin = origin >= 0 ? 0 : (-origin + dilation - 1) / dilation;
    const int64_t end = origin >= extent ? 0 : std::min(taps, (extent - 1 - origin) / dilation + 1);
    first = int(std::min(begin, end));
    last = int(end);
  }
  int count() const { return last - first; }
};

// For each input along one axis, the outputs [first, last] whose windows reach over it.
class Holders {
 public:
  std::vector<int> first, last;

  Holders(int inputs, int outputs, int stride, int pad, int dilation, int taps)
      : first(inputs), last(inputs), stride_(stride), pad_(pad), dilation_(dilation) {
    for (int64_t i = 0; i < inputs; i++) {
      const int64_t end = i + pad, begin = end - int64_t(taps - 1) * dilation;
      first[i] = int(std::min<int64_t>(outputs, begin <= 0 ? 0 : (begin + stride - 1) / stride));
      last[i] = end < 0 ? -1 : int(std::min<int64_t>(outputs - 1, end / stride));
    }
  }

  // The tap at which a window that reaches over the input holds it, or -1 if dilation leaves it out.
  int tap(int64_t input, int64_t output) const {
    const int64_t distance = input + pad_ - output * stride_;
    if (dilation_ == 1) return int(distance);
    return distance % dilation_ == 0 ? int(distance / dilation_) : -1;
  }

 private:
  int64_t stride_, pad_, dilation_;
};

// The holders along the three axes of a pooling.
struct PoolHolders {
  Holders d, h, w;

  explicit PoolHolders(const PoolParams& p)
      : d(p.d, p.z, p.strideD, p.padD, p.dilationD, p.t),
        h(p.h, p.p, p.strideH, p.padH, p.dilationH, p.r),
        w(p.w, p.q, p.strideW, p.padW, p.dilationW, p.s) {}
};

inline int64_t image_elements(const PoolParams& p) { return int64_t(p.d) * p.h * p.w * p.c; }
inline int64_t output_elements(const PoolParams& p) { return int64_t(p.z) * p.p * p.q * p.c; }

// Calls row(image, z, o, offset in y) for each row of outputs, on all cores.
template <class Row>
void for_output_rows(const PoolParams& p, const Row& row) {
  const int64_t grain = 32768 / (int64_t(p.q) * p.c * p.t * p.r * p.s + 1) + 1;
  parallel_for(int64_t(p.n) * p.z * p.p, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) row(i / p.p / p.z, int(i / p.p % p.z), int(i % p.p), i * p.q * p.c);
  });
}

// Calls row(image, d, h, offset in x) for each row of inputs, on all cores.
template <class Row>
void for_input_rows(const PoolParams& p, const Row& row) {
  const int64_t windows = int64_t(p.t) * p.r * p.s / (int64_t(p.strideD) * p.strideH * p.strideW) + 1;
  const int64_t grain = 32768 / (int64_t(p.w) * p.c * windows + 1) + 1;
  parallel_for(int64_t(p.n) * p.d * p.h, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) row(i / p.h / p.d, int(i / p.h % p.d), int(i % p.h), i * p.w * p.c);
  });
}

}  // namespace convolt::cpu
