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
    const auto steps = [&](int64_t distance) { return dilation == 1 ? distance : distance / dilation; };  // a division takes long
    const int64_t begin = origin >= 0 ? 0 : steps(-origin + dilation - 1);
    const int64_t end = origin >= extent ? 0 : std::min(taps, steps(extent - 1 - origin) + 1);
    first = int(std::min(begin, end));
    last = int(end);
  }
  int count() const { return last - first; }
};

// Which elements of a window a mean counts: none, those inside the image, or those inside the image and its padding.
enum class Counted { none, inside, with_padding };

// The factor of each window's sum: `whole` divided by how many of its elements are counted.
class WindowScales {
 public:
  explicit WindowScales(const PoolParams& p, float whole, Counted counted = Counted::none)
      : whole_(whole),
        d_(axis(counted, p.z, p.strideD, p.padD, p.dilationD, p.t, p.d, p.afterD)),
        h_(axis(counted, p.p, p.strideH, p.padH, p.dilationH, p.r, p.h, p.afterH)),
        w_(axis(counted, p.q, p.strideW, p.padW, p.dilationW, p.s, p.w, p.afterW)) {}

  float of(int z, int o, int q) const { return whole_ * d_[z] * h_[o] * w_[q]; }

 private:
  static std::vector<float> axis(Counted counted, int outputs, int stride, int pad, int dilation, int taps, int extent, int after) {
    std::vector<float> scales(outputs, 1.0f);
    if (counted == Counted::none) return scales;
    for (int o = 0; o < outputs; o++) {
      const Taps window = counted == Counted::inside ? Taps(o, stride, pad, dilation, taps, extent)
                                                     : Taps(o, stride, 0, dilation, taps, int64_t(pad) + extent + after);
      scales[o] = 1.0f / float(std::max(window.count(), 1));
    }
    return scales;
  }

  float whole_;
  std::vector<float> d_, h_, w_;
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
