// Images seen through an affine map (warp.h). Rows that are only moved or mirrored are copied.
#include "warp.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backend.h"
#include "lanes.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

using Floats = Lanes<float, 4>;
using Ints = Lanes<int32_t, 4>;
using Bytes = Lanes<uint8_t, 4>;

// Bytes become words and then integers by a zero beside each: the compiler's own way would be one by one.
Floats four_bytes(const uint8_t* from) {
  using Vector = Lanes<uint8_t, 16>;
  constexpr Vector zeros = {}, beside = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
  using Words = Lanes<uint16_t, 8>;
  constexpr Words zero_words = {}, beside_words = {0, 8, 1, 9, 2, 10, 3, 11};
  uint32_t four;
  memcpy(&four, from, sizeof four);
  const Words words = Words(__builtin_shuffle(Vector(Lanes<uint32_t, 4>{four}), zeros, beside));
  return __builtin_convertvector(Ints(__builtin_shuffle(words, zero_words, beside_words)), Floats);
}

// mixed() of three channels and a byte behind them, as one vector.
void mix_three(const uint8_t* upper, const uint8_t* lower, const Source& at, uint8_t* y) {
  const Floats a = four_bytes(upper), b = four_bytes(upper + 3), c = four_bytes(lower), d = four_bytes(lower + 3);
  const Floats above = a + (b - a) * at.right_share, below = c + (d - c) * at.right_share;
  const Floats whole = above + (below - above) * at.lower_share + kToWhole - kToWhole;
  store(__builtin_convertvector(__builtin_convertvector(whole, Ints), Bytes), y);
}

// A row of y. Pixels whose four neighbours are in x need no look at the border.
template <int C>
void warp_row(const uint8_t* image, const float* matrix, int row, uint8_t* y, const WarpParams& p) {
  const int64_t row_bytes = int64_t(p.w) * C;
  const RowOrigin origin = row_origin(matrix, row);
  const bool nearest = p.interpolation == int(Interpolation::nearest);
  for (int column = 0; column < p.q; column++, y += C) {
    const Source at = source_of(origin, column, p);
    const bool inside = unsigned(at.top) < unsigned(p.h - 1) && unsigned(at.left) < unsigned(p.w - 1);
    if (!inside) {
      for (int c = 0; c < C; c++) y[c] = warped(image, at, c, p);
      continue;
    }
    const uint8_t *upper = image + at.top * row_bytes + at.left * C, *lower = upper + row_bytes;
    const bool has_more = at.left < p.w - 2 && column < p.q - 1;  // a byte behind the pixels, in x and in y
    if (nearest)
      for (int c = 0; c < C; c++) y[c] = upper[c];
    else if (C == 3 && has_more)
      mix_three(upper, lower, at, y);
    else
      for (int c = 0; c < C; c++) y[c] = mixed(upper[c], upper[c + C], lower[c], lower[c + C], at);
  }
}

void warp_row_of_any(const uint8_t* image, const float* matrix, int row, uint8_t* y, const WarpParams& p) {
  const RowOrigin origin = row_origin(matrix, row);
  for (int column = 0; column < p.q; column++, y += p.c) {
    const Source at = source_of(origin, column, p);
    for (int c = 0; c < p.c; c++) y[c] = warped(image, at, c, p);
  }
}

// Whether a coordinate steps through whole pixels, forward or backward.
bool steps_by_pixels(float step, float across, float start) {
  return (step == 1 || step == -1) && across == 0 && start == std::floor(start) && std::fabs(start) < 1e6f;
}

// Pixels backward from `last` on. Of three channels, a pixel is moved as four bytes where one more may be touched.
template <int C>
void reverse_pixels(const uint8_t* last, uint8_t* y, int64_t pixels) {
  int64_t i = 0;
  if (C == 3 && pixels > 0) {
    for (int c = 0; c < C; c++) y[c] = last[c];
    for (i = 1; i < pixels - 1; i++) memcpy(y + i * C, last - i * C, 4);
  }
  for (; i < pixels; i++)
    for (int c = 0; c < C; c++) y[i * C + c] = last[-i * C + c];
}

// A row of y that is a row of x, moved or mirrored, with `fill` where there is none.
void copy_row(const uint8_t* image, const float* matrix, int row, uint8_t* y, const WarpParams& p) {
  const int64_t c = p.c;
  const int top = source_of(row_origin(matrix, row), 0, p).top;
  if (top < 0 || top >= p.h) {
    memset(y, p.fill, p.q * c);
    return;
  }
  const bool forward = matrix[0] == 1;
  const int x0 = forward ? int(matrix[2]) : int(matrix[2]) - 1;  // the column that column 0 of y reads
  // Columns of y that read a pixel of x.
  const int begin = std::clamp(forward ? -x0 : x0 - p.w + 1, 0, p.q), end = std::clamp(forward ? p.w - x0 : x0 + 1, begin, p.q);
  memset(y, p.fill, begin * c);
  memset(y + end * c, p.fill, (p.q - end) * c);
  const uint8_t* first = image + (int64_t(top) * p.w + (forward ? x0 + begin : x0 - begin)) * c;
  y += begin * c;
  if (forward) memcpy(y, first, (end - begin) * c);
  else if (c == 3) reverse_pixels<3>(first, y, end - begin);
  else if (c == 1) reverse_pixels<1>(first, y, end - begin);
  else
    for (int64_t i = 0; i < end - begin; i++) memcpy(y + i * c, first - i * c, c);
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
