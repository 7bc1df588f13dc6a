#include "channel_norm.h"

namespace convolt::cpu {

namespace {

// Channels whose sums stay in registers.
constexpr int kLanes = 16;

// The columns of a block: kLanes of them from `first` on, or what is left.
template <int LANES>
[[gnu::always_inline]] inline void moments_of(const float* __restrict x, int64_t rows, int64_t channels, int64_t first,
                                              float* __restrict mean, float* __restrict squares) {
  float start[LANES], sum[LANES] = {}, square_sum[LANES] = {};
  for (int lane = 0; lane < LANES; lane++) start[lane] = x[first + lane];
  for (int64_t row = 0; row < rows; row++)
    for (int lane = 0; lane < LANES; lane++) sum[lane] += x[row * channels + first + lane] - start[lane];
  for (int lane = 0; lane < LANES; lane++) sum[lane] = start[lane] + sum[lane] / float(rows);
  for (int64_t row = 0; row < rows; row++)
    for (int lane = 0; lane < LANES; lane++) {
      const float deviation = x[row * channels + first + lane] - sum[lane];
      square_sum[lane] += deviation * deviation;
    }
  for (int lane = 0; lane < LANES; lane++) mean[first + lane] = sum[lane], squares[first + lane] = square_sum[lane];
}

template <int LANES>
[[gnu::always_inline]] inline void gradient_sums_of(const float* __restrict x, const float* __restrict dy, int64_t rows, int64_t channels,
                                                    int64_t first, const float* mean, const float* invstd, const float* scale,
                                                    const float* shift, float least, float* __restrict sum_dy,
                                                    float* __restrict sum_dy_xhat) {
  float m[LANES], a[LANES], b[LANES], sum[LANES] = {}, product_sum[LANES] = {};
  for (int lane = 0; lane < LANES; lane++) m[lane] = mean[first + lane], a[lane] = scale[first + lane], b[lane] = shift[first + lane];
  for (int64_t row = 0; row < rows; row++)
    for (int lane = 0; lane < LANES; lane++) {
      const int64_t at = row * channels + first + lane;
      const float centred = x[at] - m[lane];
      const float g = centred * a[lane] + b[lane] <= least ? 0.0f : dy[at];
      sum[lane] += g;
      product_sum[lane] += g * centred;
    }
  for (int lane = 0; lane < LANES; lane++) {
    sum_dy[first + lane] = sum[lane];
    sum_dy_xhat[first + lane] = product_sum[lane] * invstd[first + lane];
  }
}

}  // namespace

VECTORIZED void block_moments(const float* x, int64_t rows, int64_t channels, float* mean, float* squares) {
  int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes) moments_of<kLanes>(x, rows, channels, first, mean, squares);
  for (; first < channels; first++) moments_of<1>(x, rows, channels, first, mean, squares);
}

VECTORIZED void normalize_rows(const float* x, const float* residual, float* y, int64_t rows, int64_t channels, const float* mean,
                               const float* scale, const float* shift, float least) {
  for (int64_t row = 0; row < rows; row++) {
    const int64_t at = row * channels;
    if (residual) {
      for (int64_t i = 0; i < channels; i++) {
        const float value = (x[at + i] - mean[i]) * scale[i] + shift[i] + residual[at + i];
        y[at + i] = value < least ? least : value;
      }
    } else {
      for (int64_t i = 0; i < channels; i++) {
        const float value = (x[at + i] - mean[i]) * scale[i] + shift[i];
        y[at + i] = value < least ? least : value;
      }
    }
  }
}

VECTORIZED void block_gradient_sums(const float* x, const float* dy, int64_t rows, int64_t channels, const float* mean, const float* invstd,
                                    const float* scale, const float* shift, float least, float* sum_dy, float* sum_dy_xhat) {
  int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    gradient_sums_of<kLanes>(x, dy, rows, channels, first, mean, invstd, scale, shift, least, sum_dy, sum_dy_xhat);
  for (; first < channels; first++)
    gradient_sums_of<1>(x, dy, rows, channels, first, mean, invstd, scale, shift, least, sum_dy, sum_dy_xhat);
}

VECTORIZED void input_gradient_rows(const float* x, const float* dy, float* __restrict dx, int64_t rows, int64_t channels, const float* mean,
                                    const float* scale, const float* shift, float least, const float* slope, const float* constant) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < channels; i++) {
      const float centred = x[row * channels + i] - mean[i];
      const float g = centred * scale[i] + shift[i] <= least ? 0.0f : dy[row * channels + i];
      dx[row * channels + i] = g * scale[i] - centred * slope[i] - constant[i];
    }
}

}  // namespace convolt::cpu
