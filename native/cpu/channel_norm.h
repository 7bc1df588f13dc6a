// Normalisation by channel of x [images,rows,channels]: the loops that batch and group normalisation share. Rows are
// taken in blocks that stay in the cache between two passes over them. Vectors have one value for each channel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "parallel.h"

namespace convolt::cpu {

// Keeps everything: see block_gradient_sums() and normalize_rows().
constexpr float kNoRelu = -std::numeric_limits<float>::infinity();

struct RowBlocks {
  int64_t images, rows, channels;

  int64_t block_rows() const { return std::clamp<int64_t>(kElementGrain / (channels + 1), 8, 256); }
  int64_t per_image() const { return (rows + block_rows() - 1) / block_rows(); }
  int64_t count() const { return images * per_image(); }
  int64_t rows_of(int64_t block) const { return std::min(block_rows(), rows - block % per_image() * block_rows()); }

  // Calls body(block, image, first, count) for every block, on all cores: `count` rows from `first`, which counts on
  // over all images.
  template <class Body>
  void for_each(const Body& body) const {
    const int64_t grain = kElementGrain / (block_rows() * channels + 1) + 1;
    parallel_for(count(), grain, [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; block++) {
        const int64_t image = block / per_image();
        body(block, image, image * rows + block % per_image() * block_rows(), rows_of(block));
      }
    });
  }
};

// Count, mean and sum of squared deviations, merged by the formula of Chan, Golub and LeVeque.
struct Moments {
  double count = 0, mean = 0, squares = 0;

  void merge(double other_count, double other_mean, double other_squares) {
    const double total = count + other_count, delta = other_mean - mean;
    mean += delta * other_count / total;
    squares += other_squares + delta * delta * count * other_count / total;
    count = total;
  }
};

// Mean and sum of squared deviations of a block's columns. Deviations are from the block's own mean, so that a mean of
// 1e4 deviations costs no precision.
void block_moments(const float* x, int64_t rows, int64_t channels, float* mean, float* squares);

// y = max((x - mean) * scale + shift + residual, least); residual may be null. NaN stays NaN.
void normalize_rows(const float* x, const float* residual, float* y, int64_t rows, int64_t channels, const float* mean, const float* scale,
                    const float* shift, float least);

// Sums of dy and of dy xhat, with dy as 0 where y = (x - mean) * scale + shift is not above `least`.
void block_gradient_sums(const float* x, const float* dy, int64_t rows, int64_t channels, const float* mean, const float* invstd,
                         const float* scale, const float* shift, float least, float* sum_dy, float* sum_dy_xhat);

// dx = dy * scale - (x - mean) * slope - constant, with dy as above.
void input_gradient_rows(const float* x, const float* dy, float* dx, int64_t rows, int64_t channels, const float* mean, const float* scale,
                         const float* shift, float least, const float* slope, const float* constant);

}  // namespace convolt::cpu
