// The window of one output position, as max and average pooling walk it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "params.h"

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

// Calls tap(index, offset) for each element of the window at (z, o, q) inside the image: its index counts all taps
// in the order t, r, s; its offset counts from the image's first element.
template <class Tap>
void for_window(const PoolParams& p, int z, int o, int q, const Tap& tap) {
  const Taps ts(z, p.strideD, p.padD, p.dilationD, p.t, p.d), rs(o, p.strideH, p.padH, p.dilationH, p.r, p.h),
      ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
  for (int t = ts.first; t < ts.last; t++)
    for (int r = rs.first; r < rs.last; r++)
      for (int s = ss.first; s < ss.last; s++) {
        const int64_t d = ts.origin + t * p.dilationD, h = rs.origin + r * p.dilationH, w = ss.origin + s * p.dilationW;
        tap((t * p.r + r) * p.s + s, ((d * p.h + h) * p.w + w) * p.c);
      }
}

// Calls body(image, z, o, q, output offset) for every output position of the images [begin, end).
template <class Body>
void for_outputs(const PoolParams& p, int64_t begin, int64_t end, const Body& body) {
  for (int64_t image = begin; image < end; image++)
    for (int z = 0; z < p.z; z++)
      for (int o = 0; o < p.p; o++)
        for (int q = 0; q < p.q; q++) body(image, z, o, q, (((image * p.z + z) * p.p + o) * p.q + q) * p.c);
}

inline int64_t image_elements(const PoolParams& p) { return int64_t(p.d) * p.h * p.w * p.c; }

// How many images are worth another core.
inline int64_t image_grain(const PoolParams& p) {
  return 32768 / (int64_t(p.z) * p.p * p.q * p.c * p.t * p.r * p.s + 1) + 1;
}

}  // namespace convolt::cpu
