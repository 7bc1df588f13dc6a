// Weighted sums of rows that an index names (embeddings, sampling), and their gradients. Entry e = (source, tap) joins
// row index[e] of x [outer,rows,c] to row `source` of y [outer,sources,c]. An index of -1, or skip - 1, is passed over;
// others outside of x give NaN in y, and no gradient.
#include "backend.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "parallel.h"

namespace convolt::cpu {
namespace {

// y += scale * x.
VECTORIZED void add_row(const float* x, float scale, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] += scale * x[i];
}

VECTORIZED float dot(const float* a, const float* b, int64_t n) {
  constexpr int lanes = 16;
  float partial[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int lane = 0; lane < lanes; lane++) partial[lane] += a[i + lane] * b[i + lane];
  for (; i < n; i++) partial[i % lanes] += a[i] * b[i];
  return std::accumulate(partial, partial + lanes, 0.0f);
}

bool names_row(int32_t index, const RowsParams& p) { return index >= 0 && index < p.rows && index != p.skip - 1; }

int64_t rows_worth_a_core(int64_t elements_of_a_row) { return kElementGrain / (elements_of_a_row + 1) + 1; }

}  // namespace

void gather_rows(Context&, Bufs in, Bufs out, const RowsParams& p) {
  const float* x = in[0].as<float>();
  const int32_t* index = in[1].as<int32_t>();
  const float* weight = in[2].as<float>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(int64_t(p.outer) * p.sources, rows_worth_a_core(int64_t(p.c) * p.taps), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t outer = i / p.sources, source = i % p.sources;
      float* sum = y + i * p.c;  // [c]
      if (p.taps == 1 && !weight && names_row(index[source], p) && index[source] != p.skip - 1) {
        std::copy_n(x + (outer * p.rows + index[source]) * p.c, p.c, sum);
        continue;
      }
      std::fill_n(sum, p.c, 0.0f);
      for (int64_t e = source * p.taps; e < (source + 1) * p.taps; e++) {
        if (index[e] == -1 || index[e] == p.skip - 1) continue;
        if (names_row(index[e], p)) add_row(x + (outer * p.rows + index[e]) * p.c, weight ? weight[e] : 1.0f, sum, p.c);
        else std::fill_n(sum, p.c, NAN);
      }
    }
  });
}

void scatter_rows(Context&, Bufs in, Bufs out, const RowsParams& p) {
  const float* dy = in[0].as<float>();
  const int32_t* index = in[1].as<int32_t>();
  const float* weight = in[2].as<float>();
  float* dx = out[0].as<float>();
  const int64_t count = in[1].numel;
  if (out[0].numel == 0) return;

  std::vector<int64_t> starts(size_t(p.rows) + 1);  // of each row's entries, in `entries`
  for (int64_t e = 0; e < count; e++)
    if (names_row(index[e], p)) starts[index[e] + 1]++;
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<int64_t> entries(size_t(starts.back())), next(starts.begin(), starts.end() - 1);
  for (int64_t e = 0; e < count; e++)
    if (names_row(index[e], p)) entries[next[index[e]]++] = e;

  const int64_t mean_entries = count / p.rows + 1;
  parallel_for(int64_t(p.outer) * p.rows, rows_worth_a_core(p.c * mean_entries), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t outer = i / p.rows, row = i % p.rows;
      std::fill_n(dx + i * p.c, p.c, 0.0f);
      for (int64_t at = starts[row]; at < starts[row + 1]; at++) {
        const int64_t e = entries[at];
        add_row(dy + (outer * p.sources + e / p.taps) * p.c, weight ? weight[e] : 1.0f, dx + i * p.c, p.c);
      }
    }
  });
}

void gather_rows_weight_grad(Context&, Bufs in, Bufs out, const RowsParams& p) {
  const float* x = in[0].as<float>();
  const float* dy = in[1].as<float>();
  const int32_t* index = in[2].as<int32_t>();
  float* dweight = out[0].as<float>();
  const int64_t outers = p.c > 0 ? p.outer : 0;  // sums over no channels are empty, and may be many
  parallel_for(out[0].numel, rows_worth_a_core(int64_t(p.c) * p.outer), [&](int64_t begin, int64_t end) {
    for (int64_t e = begin; e < end; e++) {
      float sum = 0;
      for (int64_t outer = 0; outer < outers && names_row(index[e], p); outer++)
        sum += dot(x + (outer * p.rows + index[e]) * p.c, dy + (outer * p.sources + e / p.taps) * p.c, p.c);
      dweight[e] = sum;
    }
  });
}

}  // namespace convolt::cpu
