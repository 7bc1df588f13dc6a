// Images seen through an affine map (warp.h). Rows that are only moved or mirrored are copied.
#include "warp.h"

#include <algorithm>
#include <cstring>

#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

// The four pixels of a place that is not at the border, in one image with a known number of channels.
template <int C>
void warp_row(const uint8_t* image, const float* matrix, int row, uint8_t* y, const WarpParams& p) {
  const int64_t row_bytes = int64_t(p.w) * C;
  const bool nearest = p.interpolation == int(Interpolation::nearest);
  for (int column = 0; column < p.q; column++, y += C) {
    const Source at = source_of(matrix, row, column, p);
    const bool inside = at.top >= 0 && at.left >= 0 && at.top < p.h - 1 && at.left < p.w - 1;
    if (inside) {
      const uint8_t *upper = image + at.top * row_bytes + at.left * C, *lower = upper + row_bytes;
      if (nearest)
        for (int c = 0; c < C; c++) y[c] = upper[c];
      else
        for (int c = 0; c < C; c++) y[c] = mixed(upper[c], upper[c + C], lower[c], lower[c + C], at);
    } else {
      for (int c = 0; c < C; c++) y[c] = warped(image, at, c, p);
    }
  }
}

void warp_row_of_any(const uint8_t* image, const float* matrix, int row, uint8_t* y, const WarpParams& p) {
  for (int column = 0; column < p.q; column++, y += p.c) {
    const Source at = source_of(matrix, row, column, p);
    for (int c = 0; c < p.c; c++) y[c] = warped(image, at, c, p);
  }
}

// Whether a coordinate steps through whole pixels, forward or backward: by `step` from `start` + 1/2 on.
bool steps_by_pixels(float step, float across, float start) {
  return (step == 1 || step == -1) && across == 0 && start == std::floor(start) && std::fabs(start) < 1e6f;
}

// A row of y that is a row of x, moved or mirrored, with `fill` where there is none.
void copy_row(const uint8_t* image, const float* matrix, int row, uint8_t* y, const WarpParams& p) {
  const Source first = source_of(matrix, row, 0, p);
  const int64_t from = int64_t(first.top) * p.w;
  const bool forward = matrix[0] == 1;
  const int x0 = forward ? int(matrix[2]) : int(matrix[2]) - 1;  // the column that column 0 of y reads
  // Columns of y that read a pixel of x.
  const int begin = std::clamp(forward ? -x0 : x0 - p.w + 1, 0, p.q), end = std::clamp(forward ? p.w - x0 : x0 + 1, begin, p.q);
  const bool is_outside = first.top < 0 || first.top >= p.h;
  if (is_outside) {
    memset(y, p.fill, size_t(p.q) * p.c);
    return;
  }
  memset(y, p.fill, size_t(begin) * p.c);
  memset(y + int64_t(end) * p.c, p.fill, size_t(p.q - end) * p.c);
  if (forward) {
    memcpy(y + int64_t(begin) * p.c, image + (from + x0 + begin) * p.c, size_t(end - begin) * p.c);
    return;
  }
  for (int column = begin; column < end; column++) {
    const uint8_t* pixel = image + (from + x0 - column) * p.c;
    for (int c = 0; c < p.c; c++) y[int64_t(column) * p.c + c] = pixel[c];
  }
}

}  // namespace

void warp(Context&, Bufs in, Bufs out, const WarpParams& p) {
  const uint8_t* x = in[0].as<uint8_t>();  // [n,h,w,c]
  const float* matrices = in[1].as<float>();
  uint8_t* y = out[0].as<uint8_t>();  // [n,p,q,c]
  const auto row_of = p.c == 3 ? warp_row<3> : p.c == 1 ? warp_row<1> : warp_row_of_any;
  const int64_t grain = std::max<int64_t>(1, 4096 / p.q);
  parallel_for(int64_t(p.n) * p.p, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t n = i / p.p;
      const float* m = matrices + n * 6;
      const bool copies = p.border == int(WarpBorder::fill) && steps_by_pixels(m[0], m[1], m[2]) && steps_by_pixels(m[4], m[3], m[5]);
      const auto body = copies ? copy_row : row_of;
      body(x + n * p.h * p.w * p.c, m, int(i % p.p), y + i * p.q * p.c, p);
    }
  });
}

}  // namespace convolt::cpu
