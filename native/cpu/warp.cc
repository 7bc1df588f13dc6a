// Images seen through an affine map (warp.h). Rows that are only moved or mirrored are copied.
#include "warp.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

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

// Where some columns of a row of y read x: what source_of() says of each. The parameters come by value, since the compiler
// would have to read them again after each store.
constexpr int kColumns = 64;
struct Sources {
  int32_t left[kColumns], top[kColumns];
  float right_share[kColumns], lower_share[kColumns];
};

VECTORIZED void find_sources(const RowOrigin row, int first, int columns, const WarpParams p, Sources& sources) {
  for (int i = 0; i < columns; i++) {
    const Source at = source_of(row, first + i, p);
    sources.left[i] = at.left;
    sources.top[i] = at.top;
    sources.right_share[i] = at.right_share;
    sources.lower_share[i] = at.lower_share;
  }
}

// A row of y under any map. Pixels whose four neighbours are in x need no look at the border.
template <int C>
void warp_row(const uint8_t* image, const float* matrix, int row, uint8_t* y, const WarpParams& p) {
  const int64_t c = C ? C : p.c, row_bytes = p.w * c;  // C is 0 for any number of channels
  const RowOrigin origin = row_origin(matrix, row);
  const bool nearest = p.interpolation == int(Interpolation::nearest);
  Sources sources;
  for (int first = 0; first < p.q; first += kColumns) {
    const int columns = std::min(kColumns, p.q - first);
    find_sources(origin, first, columns, p, sources);
    for (int i = 0; i < columns; i++, y += c) {
      const Source at = {sources.left[i], sources.top[i], sources.right_share[i], sources.lower_share[i]};
      const bool inside = unsigned(at.top) < unsigned(p.h - 1) && unsigned(at.left) < unsigned(p.w - 1);
      if (!inside) {
        for (int k = 0; k < c; k++) y[k] = warped(image, at, k, p);
        continue;
      }
      const uint8_t *upper = image + at.top * row_bytes + at.left * c, *lower = upper + row_bytes;
      const bool has_more = at.left < p.w - 2 && first + i < p.q - 1;  // a byte behind the pixels, in x and in y
      if (nearest && C == 3 && has_more) memcpy(y, upper, 4);
      else if (nearest)
        for (int k = 0; k < c; k++) y[k] = upper[k];
      else if (C == 3 && has_more)
        mix_three(upper, lower, at, y);
      else
        for (int k = 0; k < c; k++) y[k] = mixed(upper[k], upper[k + c], lower[k], lower[k + c], at);
    }
  }
}

VECTORIZED void to_floats(const uint8_t* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = float(x[i]);
}

// mixed(), of rows that were already mixed from left to right.
VECTORIZED void mix_rows(const float* upper, const float* lower, float share, uint8_t* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = uint8_t(int(to_whole(upper[i] + (lower[i] - upper[i]) * share)));
}

bool follows_axes(const float* matrix) { return matrix[1] == 0 && matrix[3] == 0; }

// Rows of y under a map that follows the axes: a column of y mixes the same two columns of x in every row. Rows of x that
// were mixed so are kept for the next row of y.
class AxisRows {
 public:
  explicit AxisRows(const WarpParams& p) : p_(p) {
    // Two pixels in front of a row of x and three behind it: as far as source_of() goes. One number more for a vector.
    padded_.resize(int64_t(p.w + 5) * p.c + 1);
    for (auto& row : rows_) row.resize(int64_t(p.q) * p.c + 1);
  }

  void begin_image(const uint8_t* image, const float* matrix) {
    image_ = image;
    held_[0] = held_[1] = kNone;
    left_.resize(p_.q);
    share_.resize(p_.q);
    for (int column = 0; column < p_.q; column++) {
      const Source at = source_of(row_origin(matrix, 0), column, p_);
      left_[column] = at.left;
      share_[column] = at.right_share;
    }
  }

  void row(const float* matrix, int row, uint8_t* y) {
    const Source at = source_of(row_origin(matrix, row), 0, p_);
    const int upper = row_inside(at.top), lower = row_inside(at.top + 1);
    if (held_[1] == upper || held_[0] == lower) {
      std::swap(rows_[0], rows_[1]);
      std::swap(held_[0], held_[1]);
    }
    hold(0, upper);
    hold(1, lower);
    mix_rows(rows_[0].data(), rows_[1].data(), at.lower_share, y, int64_t(p_.q) * p_.c);
  }

 private:
  static constexpr int kNone = -2, kFill = -1;

  // The row of x that stands at a place, which may lie outside.
  int row_inside(int row) const {
    if (row >= 0 && row < p_.h) return row;
    return p_.border == int(WarpBorder::fill) ? kFill : std::clamp(row, 0, p_.h - 1);
  }

  void hold(int which, int row) {
    if (held_[which] == row) return;
    held_[which] = row;
    pad(row);
    if (p_.c == 3) mix_columns<3>(rows_[which].data());
    else if (p_.c == 1) mix_columns<1>(rows_[which].data());
    else mix_columns<0>(rows_[which].data());
  }

  // A row of x as floats, with what lies beside it.
  void pad(int row) {
    const int64_t c = p_.c, row_bytes = p_.w * c;
    if (row == kFill) {
      std::fill(padded_.begin(), padded_.end(), float(p_.fill));
      return;
    }
    float* begin = padded_.data() + 2 * c;
    to_floats(image_ + row * row_bytes, begin, row_bytes);
    const bool edge = p_.border == int(WarpBorder::edge);
    for (int64_t i = 0; i < 2 * c; i++) padded_[i] = edge ? begin[i % c] : float(p_.fill);
    for (int64_t i = 0; i < 3 * c; i++) begin[row_bytes + i] = edge ? begin[row_bytes - c + i % c] : float(p_.fill);
  }

  template <int C>
  void mix_columns(float* mixed) const {
    const int64_t c = C ? C : p_.c;
    for (int64_t column = 0; column < p_.q; column++) {
      const float *a = padded_.data() + (left_[column] + 2) * c, *b = a + c;
      float* to = mixed + column * c;
      const float share = share_[column];
      if (C == 3) {  // and one more, which the next column overwrites
        Floats left, right;
        load(left, a);
        load(right, b);
        store(left + (right - left) * share, to);
      } else {
        for (int64_t k = 0; k < c; k++) to[k] = a[k] + (b[k] - a[k]) * share;
      }
    }
  }

  const WarpParams& p_;
  const uint8_t* image_ = nullptr;
  std::vector<int> left_;     // [q]
  std::vector<float> share_;  // [q]
  std::vector<float> padded_, rows_[2];
  int held_[2] = {kNone, kNone};  // the rows of x that rows_ were made of
};

// Whether a coordinate steps through whole pixels, forward or backward.
bool steps_by_pixels(float step, float across, float start) {
  return (step == 1 || step == -1) && across == 0 && start == std::floor(start) && std::fabs(start) < 1e6f;
}

// Pixels backward from `last` on, by way of a buffer: memory is slow to read backward. Of three channels, a pixel is moved
// as four bytes where one more may be touched.
template <int C>
void reverse_pixels(const uint8_t* last, uint8_t* y, int64_t pixels) {
  constexpr int64_t kMost = 512;
  uint8_t forward[kMost * C + 1];
  for (int64_t count; pixels > 0; pixels -= count, last -= count * C) {
    count = std::min(pixels, kMost);
    memcpy(forward, last - (count - 1) * C, count * C);
    forward[count * C] = 0;
    const uint8_t* from = forward + (count - 1) * C;
    for (int64_t i = 1; i < count; i++, from -= C, y += C) memcpy(y, from, C == 3 ? 4 : C);
    memcpy(y, from, C);
    y += C;
  }
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
  const auto any_row = p.c == 3 ? warp_row<3> : p.c == 1 ? warp_row<1> : warp_row<0>;
  const int64_t grain = std::max<int64_t>(1, 4096 / p.q);
  parallel_for(int64_t(p.n) * p.p, grain, [&](int64_t begin, int64_t end) {
    AxisRows axis_rows(p);
    for (int64_t i = begin; i < end; i++) {
      const int64_t n = i / p.p;
      const int row = int(i % p.p);
      const uint8_t* image = x + n * p.h * p.w * p.c;
      const float* m = matrices + n * 6;
      uint8_t* to = y + i * p.q * p.c;
      if (p.border == int(WarpBorder::fill) && steps_by_pixels(m[0], m[1], m[2]) && steps_by_pixels(m[4], m[3], m[5])) {
        copy_row(image, m, row, to, p);
      } else if (follows_axes(m)) {
        if (i == begin || row == 0) axis_rows.begin_image(image, m);
        axis_rows.row(m, row, to);
      } else {
        any_row(image, m, row, to, p);
      }
    }
  });
}

}  // namespace convolt::cpu
