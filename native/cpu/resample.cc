// A linear map along one axis: a sparse matrix times the middle axis of x [outer,size,inner].
#include "backend.h"

#include <algorithm>

#include "parallel.h"

namespace convolt::cpu {
namespace {

// The terms of one row of the matrix, within it whatever it holds.
struct Terms {
  int64_t begin, end;
};

Terms terms_of(const int32_t* ends, int64_t j, const ResampleParams& p) {
  return {j == 0 ? 0 : std::max(0, ends[j - 1]), std::min(p.terms, ends[j])};
}

int64_t within(int32_t index, const ResampleParams& p) { return std::clamp(index, 0, p.size - 1); }

// y = weight * x, or += if `adds`.
VECTORIZED void add_run(const float* x, float* y, int64_t n, float weight, bool adds) {
  if (adds) {
    for (int64_t i = 0; i < n; i++) y[i] += weight * x[i];
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = weight * x[i];
  }
}

constexpr int64_t kShortRun = 8;  // below this, one sum after another is as fast as neighbours side by side

}  // namespace

void resample(Context&, Bufs in, Bufs out, const ResampleParams& p) {
  const float* x = in[0].as<float>();                                                // [outer,size,inner]
  const int32_t *ends = in[1].as<int32_t>(), *index = in[2].as<int32_t>();           // [count], [terms]
  const float* weight = in[3].as<float>();                                           // [terms]
  float* y = out[0].as<float>();                                                     // [outer,count,inner]
  const int64_t inner = p.inner;
  if (out[0].numel == 0) return;
  if (p.size == 0) return std::fill(y, y + out[0].numel, 0.0f);
  parallel_for(int64_t(p.outer) * p.count, kElementGrain / inner + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const Terms terms = terms_of(ends, row % p.count, p);
      const float* image = x + row / p.count * p.size * inner;  // [size,inner]
      float* to = y + row * inner;                              // [inner]
      if (inner < kShortRun || terms.begin >= terms.end) {
        for (int64_t i = 0; i < inner; i++) {
          float sum = 0;
          for (int64_t t = terms.begin; t < terms.end; t++) sum += weight[t] * image[within(index[t], p) * inner + i];
          to[i] = sum;
        }
        continue;
      }
      for (int64_t t = terms.begin; t < terms.end; t++)
        add_run(image + within(index[t], p) * inner, to, inner, weight[t], t > terms.begin);
    }
  });
}

}  // namespace convolt::cpu
