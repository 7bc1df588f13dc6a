#include "channel_norm.h"

namespace convolt::cpu {

VECTORIZED void block_moments(const float* x, int64_t rows, int64_t channels, float* mean, float* squares) {
  for (int64_t i = 0; i < channels; i++) mean[i] = squares[i] = 0;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < channels; i++) mean[i] += x[row * channels + i] - x[i];
  for (int64_t i = 0; i < channels; i++) mean[i] = x[i] + mean[i] / float(rows);
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < channels; i++) {
      const float deviation = x[row * channels + i] - mean[i];
      squares[i] += deviation * deviation;
    }
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
  for (int64_t i = 0; i < channels; i++) sum_dy[i] = sum_dy_xhat[i] = 0;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < channels; i++) {
      const float centred = x[row * channels + i] - mean[i];
      const float g = centred * scale[i] + shift[i] <= least ? 0.0f : dy[row * channels + i];
      sum_dy[i] += g;
      sum_dy_xhat[i] += g * (centred * invstd[i]);
    }
}

VECTORIZED void input_gradient_rows(const float* x, const float* dy, float* dx, int64_t rows, int64_t channels, const float* mean,
                                    const float* scale, const float* shift, float least, const float* slope, const float* constant) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < channels; i++) {
      const float centred = x[row * channels + i] - mean[i];
      const float g = centred * scale[i] + shift[i] <= least ? 0.0f : dy[row * channels + i];
      dx[row * channels + i] = g * scale[i] - centred * slope[i] - constant[i];
    }
}

}  // namespace convolt::cpu
