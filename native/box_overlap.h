// Whether one box suppresses another.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include <cstdint>

#include "half.h"
#include "params.h"

namespace convolt::CONVOLT_BACKEND {

// Whether boxes a and b of boxes [n,4] (corners x1, y1, x2, y2) overlap by more than the threshold: the area of their
// intersection over that of their union. Boxes of two groups never do; NaN is not more than anything.
HOST_DEVICE bool overlap(const float* boxes, const int32_t* group, int a, int b, const NmsParams& p) {
  if (a < 0 || a >= p.n || b < 0 || b >= p.n || (group && group[a] != group[b])) return false;
  const float *first = boxes + int64_t(a) * 4, *second = boxes + int64_t(b) * 4;
  const float left = first[0] > second[0] ? first[0] : second[0], right = first[2] < second[2] ? first[2] : second[2];
  const float top = first[1] > second[1] ? first[1] : second[1], bottom = first[3] < second[3] ? first[3] : second[3];
  const float width = right > left ? right - left : 0, height = bottom > top ? bottom - top : 0;
  const float shared = width * height;
  const float area_a = (first[2] - first[0]) * (first[3] - first[1]), area_b = (second[2] - second[0]) * (second[3] - second[1]);
  return shared / (area_a + area_b - shared) > p.iouThreshold;
}

}  // namespace convolt::CONVOLT_BACKEND
