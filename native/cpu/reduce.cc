// Sum and argmax over the middle axis of x [outer,size,inner]. Sums run in blocks of rows, so that rounding grows
// with the logarithm of the size, and in an order that depends on the shape alone.
#include "backend.h"

#include <cmath>
#include <vector>

#include "parallel.h"

namespace convolt::cpu {
namespace {

constexpr int64_t kBlockRows = 256;

// y[i] += sum over rows of x[row, i].
VECTORIZED void add_rows(const float* x, float* y, int64_t rows, int64_t inner) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < inner; i++) y[i] += x[row * inner + i];
}

// The sum of n neighbours, in sixteen lanes.
VECTORIZED float sum_run(const float* x, int64_t n) {
  constexpr int lanes = 16;
  float partial[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int lane = 0; lane < lanes; lane++) partial[lane] += x[i + lane];
  for (; i < n; i++) partial[i % lanes] += x[i];
  float sum = 0;
  for (float value : partial) sum += value;
  return sum;
}

void sum_one(const float* x, float* y, const ReduceParams& p) {  // x [size,inner], y [inner]
  const int64_t blocks = (p.size + kBlockRows - 1) / kBlockRows;
  if (p.inner == 1) {
    double sum = 0;
    for (int64_t i = 0; i < p.size; i += 4096) sum += sum_run(x + i, std::min<int64_t>(4096, p.size - i));
    y[0] = float(sum * p.scale);
    return;
  }
  std::vector<float> partials(size_t(blocks * p.inner));  // [blocks,inner]
  parallel_for(blocks, std::max<int64_t>(1, kElementGrain / (kBlockRows * p.inner)), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      const int64_t first = block * kBlockRows, rows = std::min<int64_t>(kBlockRows, p.size - first);
      add_rows(x + first * p.inner, partials.data() + block * p.inner, rows, p.inner);
    }
  });
  for (int64_t i = 0; i < p.inner; i++) {
    double sum = 0;
    for (int64_t block = 0; block < blocks; block++) sum += partials[block * p.inner + i];
    y[i] = float(sum * p.scale);
  }
}

}  // namespace

void sum(Context&, Bufs in, Bufs out, const ReduceParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  if (p.outer == 1) return sum_one(x, y, p);
  const int64_t each = int64_t(p.size) * p.inner;
  parallel_for(p.outer, kElementGrain / (each + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) sum_one(x + o * each, y + o * p.inner, p);
  });
}

void argmax(Context&, Bufs in, Bufs out, const ReduceParams& p) {
  const float* x = in[0].as<float>();
  int32_t* index = out[0].as<int32_t>();
  if (in[0].numel == 0) return;
  for (int64_t i = 0; i < int64_t(p.outer) * p.inner; i++) {
    const float* column = x + i / p.inner * p.size * p.inner + i % p.inner;  // [size], inner apart
    float largest = column[0];
    int32_t at = 0;
    for (int64_t s = 1; s < p.size && !std::isnan(largest); s++) {
      const float value = column[s * p.inner];
      if (value > largest || std::isnan(value)) {
        largest = value;
        at = int32_t(s);
      }
    }
    index[i] = at;
  }
}

}  // namespace convolt::cpu
