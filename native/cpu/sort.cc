// The first elements of each middle axis of x [outer,size,inner] in sorted order, with their places. Equals stay in their
// order, in both directions; NaN is larger than all numbers.
#include "backend.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "parallel.h"

namespace convolt::cpu {
namespace {

bool less(float a, float b) { return a < b || (std::isnan(b) && !std::isnan(a)); }

}  // namespace

void sort(Context&, Bufs in, Bufs out, const SortParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  int32_t* index = out[1].as<int32_t>();
  if (out[0].numel == 0 || p.count > p.size) return;
  parallel_for(int64_t(p.outer) * p.inner, kElementGrain / 16 / p.size + 1, [&](int64_t begin, int64_t end) {
    std::vector<float> column(p.size);
    std::vector<int32_t> order(p.size);
    for (int64_t run = begin; run < end; run++) {
      const int64_t outer = run / p.inner, inner = run % p.inner;
      for (int64_t s = 0; s < p.size; s++) column[s] = x[(outer * p.size + s) * p.inner + inner];
      std::iota(order.begin(), order.end(), 0);
      auto before = [&](int32_t a, int32_t b) {
        const float first = p.descending ? column[b] : column[a], second = p.descending ? column[a] : column[b];
        return less(first, second) || (a < b && !less(second, first));
      };
      if (p.count < p.size) std::partial_sort(order.begin(), order.begin() + p.count, order.end(), before);
      else std::sort(order.begin(), order.end(), before);
      for (int64_t place = 0; place < p.count; place++) {
        const int64_t to = (outer * p.count + place) * p.inner + inner;
        y[to] = column[order[place]];
        index[to] = order[place];
      }
    }
  });
}

}  // namespace convolt::cpu
