// Gaussian blur with mirrored borders: each row of y is a blur of rows of x, which is then blurred along itself.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "backend.h"
#include "gaussian_taps.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

VECTORIZED void add_bytes(const uint8_t* x, float weight, float* sum, int64_t n) {
  for (int64_t i = 0; i < n; i++) sum[i] += float(x[i]) * weight;
}

VECTORIZED void add_floats(const float* x, float weight, float* sum, int64_t n) {
  for (int64_t i = 0; i < n; i++) sum[i] += x[i] * weight;
}

VECTORIZED void round_to_bytes(const float* x, uint8_t* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = uint8_t(int(x[i] + 0.5f));
}

// Blurs rows of one image after another: a row that is wide enough for the taps beyond both ends.
struct RowBlur {
  const GaussianBlurParams& p;
  std::vector<float> weights, padded, sum;

  explicit RowBlur(const GaussianBlurParams& params)
      : p(params), weights(p.kernel), padded((int64_t(p.w) + p.kernel) * p.c), sum(int64_t(p.w) * p.c) {}

  void set_sigma(float sigma) {
    const float total = gaussian_sum(p.kernel, sigma);
    for (int tap = 0; tap < p.kernel; tap++) weights[tap] = gaussian_weight(tap - p.kernel / 2, sigma) / total;
  }

  void blur(const uint8_t* image, int row, uint8_t* y) {
    const int64_t row_elements = int64_t(p.w) * p.c, half = p.kernel / 2;
    float* middle = padded.data() + half * p.c;
    std::fill_n(middle, row_elements, 0.0f);
    for (int tap = 0; tap < p.kernel; tap++)
      add_bytes(image + mirrored(row + tap - int(half), p.h) * row_elements, weights[tap], middle, row_elements);
    for (int64_t i = 1; i <= half; i++) {
      memcpy(middle - i * p.c, middle + int64_t(mirrored(int(-i), p.w)) * p.c, p.c * sizeof(float));
      memcpy(middle + (p.w - 1 + i) * p.c, middle + int64_t(mirrored(int(p.w - 1 + i), p.w)) * p.c, p.c * sizeof(float));
    }
    std::fill(sum.begin(), sum.end(), 0.0f);
    for (int tap = 0; tap < p.kernel; tap++) add_floats(padded.data() + int64_t(tap) * p.c, weights[tap], sum.data(), row_elements);
    round_to_bytes(sum.data(), y, row_elements);
  }
};

}  // namespace

void gaussian_blur(Context&, Bufs in, Bufs out, const GaussianBlurParams& p) {
  const uint8_t* x = in[0].as<uint8_t>();    // [n,h,w,c]
  const float* sigma = in[1].as<float>();    // [n]
  uint8_t* y = out[0].as<uint8_t>();         // [n,h,w,c]
  const int64_t row_elements = int64_t(p.w) * p.c, size = row_elements * p.h;
  if (size == 0) return;
  parallel_for(int64_t(p.n) * p.h, std::max<int64_t>(1, 4096 / p.w), [&](int64_t begin, int64_t end) {
    RowBlur rows(p);
    for (int64_t i = begin, n = -1; i < end; i++) {
      const bool is_next = i / p.h != n;
      n = i / p.h;
      if (!(sigma[n] > 0)) {
        memcpy(y + i * row_elements, x + i * row_elements, row_elements);
        continue;
      }
      if (is_next) rows.set_sigma(sigma[n]);
      rows.blur(x + n * size, int(i % p.h), y + i * row_elements);
    }
  });
}

}  // namespace convolt::cpu
