// Where the bins of a region of interest lie: the same arithmetic on every device, since a rounding that differs moves a
// bin by a pixel.
#pragma once

#include <cmath>

#include "element.h"
#include "params.h"

namespace convolt {

struct RoiSpan {
  int32_t first, last;
};

// A region from `low` to `high` along one axis, scaled and rounded to whole pixels, the last one included.
struct RoiAxis {
  int64_t start, size;
};

HOST_DEVICE RoiAxis roi_axis(float low, float high, const RoiSpansParams& p) {
  constexpr int64_t most = int64_t(1) << 30;
  const int64_t start = whole_part(roundf(low * p.scale), -most, most), end = whole_part(roundf(high * p.scale), -most, most);
  const int64_t size = end - start + 1;
  return {start, size > 1 ? size : 1};
}

// Bin number `bin` of `bins`, cut to [0, extent]: the pixels that a bin of fractional size touches.
HOST_DEVICE RoiSpan roi_bin(RoiAxis axis, int bin, int bins, int extent) {
  const float size = float(axis.size) / float(bins);
  const int64_t first = axis.start + int64_t(floorf(float(bin) * size)), last = axis.start + int64_t(ceilf(float(bin + 1) * size));
  auto cut = [extent](int64_t at) { return int32_t(at < 0 ? 0 : at > extent ? extent : at); };
  return {cut(first), cut(last)};
}

}  // namespace convolt
