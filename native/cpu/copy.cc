// Copies of a strided part of a tensor, and into one; tensors of one value, or of none.
#include "backend.h"

#include <algorithm>
#include <cstring>

#include "element.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

constexpr int kInner = kMaxRank - 1;

// Steps are negative along reversed axes.
struct Walk {
  int64_t shape[kMaxRank], step[kMaxRank];
  int64_t start = 0;  // of its first element
};

Walk make_walk(const StridedParams& p) {
  Walk walk;
  for (int axis = 0; axis < kMaxRank; axis++) {
    walk.shape[axis] = p.shape[axis];
    walk.step[axis] = p.reversed[axis] ? -int64_t(p.stride[axis]) : p.stride[axis];
    if (p.reversed[axis] && p.shape[axis] > 0) walk.start += int64_t(p.shape[axis] - 1) * p.stride[axis];
  }
  return walk;
}

// Calls run(first, offset) for each run along the last axis in [begin, end): its first element on the dense side, and
// its offset on the strided one.
template <class Run>
void for_runs(const Walk& walk, int64_t begin, int64_t end, const Run& run) {
  int64_t index[kInner], offset = walk.start, rest = begin;
  for (int axis = kInner - 1; axis >= 0; axis--) {
    index[axis] = rest % walk.shape[axis];
    rest /= walk.shape[axis];
    offset += index[axis] * walk.step[axis];
  }
  for (int64_t r = begin; r < end; r++) {
    run(r * walk.shape[kInner], offset);
    for (int axis = kInner - 1; axis >= 0; axis--) {
      offset += walk.step[axis];
      if (++index[axis] < walk.shape[axis]) break;
      offset -= walk.shape[axis] * walk.step[axis];
      index[axis] = 0;
    }
  }
}

// Calls move(first, offset, n) for stretches of runs, on all cores: n elements from `first` on the dense side, and from
// `offset` on the strided one.
template <class Move>
void for_stretches(const Walk& walk, int64_t n, const Move& move) {
  const int64_t inner = walk.shape[kInner];
  if (n == inner) {
    return parallel_for(n, kElementGrain, [&](int64_t begin, int64_t end) {
      move(begin, walk.start + begin * walk.step[kInner], end - begin);
    });
  }
  parallel_for(n / inner, kElementGrain / inner + 1, [&](int64_t begin, int64_t end) {
    for_runs(walk, begin, end, [&](int64_t first, int64_t offset) { move(first, offset, inner); });
  });
}

constexpr int64_t kTile = 32;

// The axis whose neighbours are neighbours in x, if the last one's are not: -1 if a copy need not go in tiles.
int transposed_axis(const Walk& walk) {
  if (walk.step[kInner] == 1 || walk.step[kInner] == -1) return -1;
  int found = -1;
  for (int axis = 0; axis < kInner; axis++)
    if (walk.step[axis] == 1 && walk.shape[axis] > 1) found = axis;
  return found;
}

// Copies in tiles of the last axis and `row_axis`, so that lines of x stay in the cache until all of them is used.
template <class T>
void copy_tiles(const T* x, T* y, Walk walk, int row_axis) {
  const int64_t rows = walk.shape[row_axis], cols = walk.shape[kInner], x_col = walk.step[kInner];
  int64_t y_step[kMaxRank];
  for (int64_t axis = kInner, step = 1; axis >= 0; step *= walk.shape[axis--]) y_step[axis] = step;
  const int64_t y_row = y_step[row_axis];
  // What is left to walk are the first elements of the tiles: columns, and tiles of rows in the place of rows.
  Walk outer = walk;
  outer.shape[row_axis] = (rows + kTile - 1) / kTile;
  outer.step[row_axis] = kTile;
  outer.shape[kInner] = 1;
  int64_t tiles = 1;
  for (int64_t extent : outer.shape) tiles *= extent;
  parallel_for(tiles, kElementGrain / (kTile * cols) + 1, [&](int64_t begin, int64_t end) {
    for_runs(outer, begin, end, [&](int64_t number, int64_t x_at) {
      int64_t y_at = 0, first_row = 0, rest = number;
      for (int axis = kInner - 1; axis >= 0; axis--) {
        const int64_t i = rest % outer.shape[axis];
        rest /= outer.shape[axis];
        if (axis == row_axis) first_row = i * kTile;
        y_at += (axis == row_axis ? first_row : i) * y_step[axis];
      }
      const int64_t tile_rows = std::min(kTile, rows - first_row);
      for (int64_t first_col = 0; first_col < cols; first_col += kTile) {
        const int64_t tile_cols = std::min(kTile, cols - first_col);
        for (int64_t row = 0; row < tile_rows; row++) {
          const T* from = x + x_at + row + first_col * x_col;
          T* to = y + y_at + row * y_row + first_col;
          for (int64_t col = 0; col < tile_cols; col++) to[col] = from[col * x_col];
        }
      }
    });
  });
}

// Calls body(Word()) with an unsigned word of so many bytes.
template <class Body>
void with_word(size_t bytes, const Body& body) {
  if (bytes == 1) return body(uint8_t());
  if (bytes == 2) return body(uint16_t());
  body(uint32_t());
}

}  // namespace

void copy(Context&, Bufs in, Bufs out, const StridedParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  const Walk walk = make_walk(p);
  const int64_t step = walk.step[kInner];
  with_word(bytes_of(in[0].dtype), [&](auto zero) {
    using T = decltype(zero);
    const T* x = in[0].as<T>();
    T* y = out[0].as<T>();
    if (const int row_axis = transposed_axis(walk); row_axis >= 0) return copy_tiles(x, y, walk, row_axis);
    for_stretches(walk, n, [=](int64_t first, int64_t offset, int64_t count) {
      if (step == 1) {
        std::memcpy(y + first, x + offset, size_t(count) * sizeof(T));
      } else {
        for (int64_t i = 0; i < count; i++) y[first + i] = x[offset + i * step];
      }
    });
  });
}

void place(Context&, Bufs in, Bufs, const StridedParams& p) {
  const int64_t n = in[1].numel;
  if (n == 0) return;
  const Walk walk = make_walk(p);
  const int64_t step = walk.step[kInner];
  with_word(bytes_of(in[0].dtype), [&](auto zero) {
    using T = decltype(zero);
    T* target = in[0].as<T>();
    const T* x = in[1].as<T>();
    for_stretches(walk, n, [=](int64_t first, int64_t offset, int64_t count) {
      if (step == 1) {
        std::memcpy(target + offset, x + first, size_t(count) * sizeof(T));
      } else {
        for (int64_t i = 0; i < count; i++) target[offset + i * step] = x[first + i];
      }
    });
  });
}

void full_like(Context&, Bufs, Bufs out, const FillParams& p) {
  with_element(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = out[0].as<T>();
    const T value = narrow<T>(p.value);
    parallel_for(out[0].numel, kElementGrain, [=](int64_t begin, int64_t end) { std::fill(y + begin, y + end, value); });
  });
}

void empty_like(Context&, Bufs, Bufs, const ShapeParams&) {}

}  // namespace convolt::cpu
