// Running sums along the middle axis of x [outer,size,inner], from its start or from its end, in float64.
#include "backend.h"

#include <vector>

#include "parallel.h"

namespace convolt::cpu {
namespace {

// Along a row, step is 1 or -1.
void cumsum_row(const float* x, float* y, int64_t size, int64_t step) {
  double sum = 0;
  for (int64_t s = 0; s < size; s++, x += step, y += step) *y = float(sum += *x);
}

}  // namespace

void cumsum(Context&, Bufs in, Bufs out, const CumsumParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  const int64_t each = int64_t(p.size) * p.inner;
  parallel_for(p.outer, kElementGrain / each + 1, [&](int64_t begin, int64_t end) {
    std::vector<double> sums;
    for (int64_t o = begin; o < end; o++) {
      const int64_t start = o * each + (p.reverse ? each - p.inner : 0);
      if (p.inner == 1) {
        cumsum_row(x + start, y + start, p.size, p.reverse ? -1 : 1);
        continue;
      }
      sums.assign(size_t(p.inner), 0);
      for (int64_t s = 0; s < p.size; s++) {
        const int64_t row = start + (p.reverse ? -s : s) * p.inner;
        for (int64_t i = 0; i < p.inner; i++) y[row + i] = float(sums[i] += x[row + i]);
      }
    }
  });
}

}  // namespace convolt::cpu
