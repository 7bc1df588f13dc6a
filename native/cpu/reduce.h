// Sums and extremes along the middle axis of x [outer,size,inner]. The order depends on the shape alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "lane_reduce.h"
#include "parallel.h"

namespace convolt::cpu {

// Sums run in blocks, so that rounding grows with the logarithm of the size.
constexpr int64_t kBlockRows = 256, kBlockRun = 4096, kPartRun = 1 << 18;

// y[i] += sum over rows of map(x[row, i], first + i). Rows that do not fill a vector are taken sixteen at a time.
template <class X, class Map>
VECTORIZED void add_rows(const X* x, float* y, int64_t rows, int64_t inner, int64_t first, const Map& map) {
  constexpr int64_t lanes = 16;
  int64_t row = 0;
  if (inner < lanes) {
    float sums[lanes * lanes] = {};  // [lanes,inner]
    for (; row + lanes <= rows; row += lanes)
      for (int64_t i = 0; i < lanes * inner; i++) sums[i] += map(x[row * inner + i], first + i % inner);
    for (int64_t i = 0; i < lanes * inner; i++) y[i % inner] += sums[i];
  }
  for (; row < rows; row++)
    for (int64_t i = 0; i < inner; i++) y[i] += map(x[row * inner + i], first + i);
}

// The sum of n neighbours, in sixteen lanes.
template <class X, class Map>
VECTORIZED float sum_block(const X* x, int64_t n, int64_t result, const Map& map) {
  constexpr int lanes = 16;
  float partial[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int lane = 0; lane < lanes; lane++) partial[lane] += map(x[i + lane], result);
  for (; i < n; i++) partial[i % lanes] += map(x[i], result);
  float sum = 0;
  for (float value : partial) sum += value;
  return sum;
}

template <class X, class Map>
double sum_run(const X* x, int64_t n, int64_t result, const Map& map) {
  double sum = 0;
  for (int64_t i = 0; i < n; i += kBlockRun) sum += sum_block(x + i, std::min(kBlockRun, n - i), result, map);
  return sum;
}

// One of `outer`: x [size,inner], results from `first` on.
template <class X, class Map, class Finish>
void sum_one(const X* x, int64_t first, int64_t size, int64_t inner, const Map& map, const Finish& finish) {
  if (inner == 1) {
    const int64_t parts = (size + kPartRun - 1) / kPartRun;
    std::vector<double> partials(parts, 0.0);
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; part++)
        partials[part] = sum_run(x + part * kPartRun, std::min(kPartRun, size - part * kPartRun), first, map);
    });
    double sum = 0;
    for (double partial : partials) sum += partial;
    finish(first, sum);
    return;
  }
  const int64_t blocks = (size + kBlockRows - 1) / kBlockRows;
  std::vector<float> partials(size_t(blocks * inner));  // [blocks,inner]
  parallel_for(blocks, std::max<int64_t>(1, kElementGrain / (kBlockRows * inner)), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      const int64_t row = block * kBlockRows, rows = std::min(kBlockRows, size - row);
      add_rows(x + row * inner, partials.data() + block * inner, rows, inner, first, map);
    }
  });
  for (int64_t i = 0; i < inner; i++) {
    double sum = 0;
    for (int64_t block = 0; block < blocks; block++) sum += partials[block * inner + i];
    finish(first + i, sum);
  }
}

// finish(number of the result [outer,inner], sum of map(element, number of its result)).
template <class X, class Params, class Map, class Finish>
void reduce_sum(const X* x, const Params& p, const Map& map, const Finish& finish) {
  if (p.outer == 0 || p.inner == 0) return;
  if (p.outer == 1) return sum_one(x, 0, p.size, p.inner, map, finish);
  const int64_t each = int64_t(p.size) * p.inner;
  parallel_for(p.outer, kElementGrain / (each + 1) + 1, [&](int64_t begin, int64_t end) {
    if (p.inner == 1) {
      for (int64_t o = begin; o < end; o++) finish(o, sum_run(x + o * each, p.size, o, map));
    } else {
      for (int64_t o = begin; o < end; o++) sum_one(x + o * each, o * p.inner, p.size, p.inner, map, finish);
    }
  });
}

// The larger (or smaller) of two, and NaN before all.
template <bool largest>
bool beats(float x, float best) {
  return (largest ? x > best : x < best) || (x != x && best == best);
}

// Takes the rows [size,inner] into the best values so far and their places, a column each.
template <bool largest, class Map>
VECTORIZED void extremes_of_columns(const float* x, float* best, int32_t* place, int64_t size, int64_t inner, const Map& map) {
  for (int64_t s = 0; s < size; s++) {
    for (int64_t i = 0; i < inner; i++) {
      const float value = map(x[s * inner + i]);
      const bool better = beats<largest>(value, best[i]);
      best[i] = better ? value : best[i];
      place[i] = better ? int32_t(s) : place[i];
    }
  }
}

// The best of n neighbours, in sixteen lanes, and then the first place that has it.
template <bool largest, class Map>
VECTORIZED void extreme_of_run(const float* x, int64_t n, float* y, int32_t* index, const Map& map) {
  constexpr int64_t lanes = kLanes;
  const auto value_at = [&](int64_t i) { return map(x[i]); };
  const float found = largest ? reduce(n, -INFINITY, value_at, Larger()) : reduce(n, INFINITY, value_at, Smaller());
  int64_t place = 0;
  if (found == found) {
    for (; place + lanes <= n; place += lanes) {
      int hits[lanes], any = 0;
#pragma GCC unroll 1
      for (int64_t lane = 0; lane < lanes; lane++) hits[lane] = map(x[place + lane]) == found;
      for (int hit : hits) any |= hit;
      if (any) break;
    }
    while (map(x[place]) != found) place++;
  } else {
    while (map(x[place]) == map(x[place])) place++;
  }
  *y = map(x[place]);
  *index = int32_t(place);
}

// y, index [outer,inner]: the largest (or smallest) of map(x), of equals the first, and its place. size > 0.
template <bool largest, class Params, class Map>
void reduce_extreme(const float* x, float* y, int32_t* index, const Params& p, const Map& map) {
  const int64_t each = int64_t(p.size) * p.inner;
  parallel_for(p.outer, kElementGrain / (each + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      const float* rows = x + o * each;  // [size,inner]
      float* best = y + o * p.inner;
      int32_t* place = index + o * p.inner;
      if (p.inner == 1) {
        extreme_of_run<largest>(rows, p.size, best, place, map);
      } else {
        for (int64_t i = 0; i < p.inner; i++) {
          best[i] = map(rows[i]);
          place[i] = 0;
        }
        extremes_of_columns<largest>(rows, best, place, p.size, p.inner, map);
      }
    }
  });
}

}  // namespace convolt::cpu
