// Batch normalisation (Ioffe & Szegedy, ICML 2015) over the rows of x [rows,c].
//
// Rows are taken in blocks: a block's mean first, then its squared deviations from that mean, while it is in the cache;
// Chan's formula merges the blocks in double. So a mean of 1e4 sigma costs no precision.
#include "backend.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace convolt::cpu {
namespace {

constexpr int64_t kBlockRows = 256;

int64_t blocks_of(const NormParams& p) { return (p.rows + kBlockRows - 1) / kBlockRows; }
int64_t block_grain(const NormParams& p) { return kElementGrain / (kBlockRows * (int64_t(p.c) + 1)) + 1; }

VECTORIZED void block_moments(const float* x, int64_t rows, int c, float* mean, float* squares) {
  for (int i = 0; i < c; i++) mean[i] = squares[i] = 0;
  for (int64_t row = 0; row < rows; row++)
    for (int i = 0; i < c; i++) mean[i] += x[row * c + i] - x[i];
  for (int i = 0; i < c; i++) mean[i] = x[i] + mean[i] / float(rows);
  for (int64_t row = 0; row < rows; row++)
    for (int i = 0; i < c; i++) {
      const float deviation = x[row * c + i] - mean[i];
      squares[i] += deviation * deviation;
    }
}

VECTORIZED void block_gradient_sums(const float* x, const float* dy, int64_t rows, int c, const float* mean, const float* invstd, float* sum_dy,
                                    float* sum_dy_xhat) {
  for (int i = 0; i < c; i++) sum_dy[i] = sum_dy_xhat[i] = 0;
  for (int64_t row = 0; row < rows; row++)
    for (int i = 0; i < c; i++) {
      const float g = dy[row * c + i];
      sum_dy[i] += g;
      sum_dy_xhat[i] += g * ((x[row * c + i] - mean[i]) * invstd[i]);
    }
}

VECTORIZED void normalize_rows(const float* x, float* y, int64_t rows, int c, const float* mean, const float* scale, const float* bias) {
  for (int64_t row = 0; row < rows; row++)
    for (int i = 0; i < c; i++) y[row * c + i] = (x[row * c + i] - mean[i]) * scale[i] + bias[i];
}

// dx = dy * scale - (x - mean) * slope - constant
VECTORIZED void input_gradient_rows(const float* x, const float* dy, float* dx, int64_t rows, int c, const float* mean, const float* scale,
                                    const float* slope, const float* constant) {
  for (int64_t row = 0; row < rows; row++)
    for (int i = 0; i < c; i++)
      dx[row * c + i] = dy[row * c + i] * scale[i] - (x[row * c + i] - mean[i]) * slope[i] - constant[i];
}

std::vector<float> scales(const Buf& weight, const float* invstd, int c) {
  std::vector<float> scale(invstd, invstd + c);
  if (weight.data)
    for (int i = 0; i < c; i++) scale[i] *= weight.as<float>()[i];
  return scale;
}

void normalize(const Buf& x, const Buf& weight, const Buf& bias, const float* mean, const float* invstd, const Buf& y, const NormParams& p) {
  const std::vector<float> scale = scales(weight, invstd, p.c);
  std::vector<float> shift(size_t(p.c), 0.0f);
  if (bias.data) std::copy_n(bias.as<float>(), p.c, shift.begin());
  parallel_for(p.rows, kElementGrain / (p.c + 1) + 1, [&](int64_t begin, int64_t end) {
    normalize_rows(x.as<float>() + begin * p.c, y.as<float>() + begin * p.c, end - begin, p.c, mean, scale.data(), shift.data());
  });
}

// Calls block(number, first row, rows) for every block, on all cores.
template <class Block>
void for_blocks(const NormParams& p, const Block& block) {
  parallel_for(blocks_of(p), block_grain(p), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) block(b, b * kBlockRows, std::min(kBlockRows, p.rows - b * kBlockRows));
  });
}

}  // namespace

void batch_norm_train(Context&, Bufs in, Bufs out, const NormParams& p) {
  const float* x = in[0].as<float>();
  float *mean = out[1].as<float>(), *invstd = out[2].as<float>();
  float *running_mean = in[3].as<float>(), *running_var = in[4].as<float>();
  const int64_t c = p.c, blocks = blocks_of(p);
  std::vector<float> means(size_t(blocks * c)), squares(size_t(blocks * c));  // [blocks,c]
  for_blocks(p, [&](int64_t b, int64_t first, int64_t rows) {
    block_moments(x + first * c, rows, p.c, means.data() + b * c, squares.data() + b * c);
  });
  for (int64_t i = 0; i < c; i++) {
    double count = 0, total_mean = 0, total_squares = 0;
    for (int64_t b = 0; b < blocks; b++) {
      const double n = double(std::min(kBlockRows, p.rows - b * kBlockRows)), delta = means[b * c + i] - total_mean;
      total_mean += delta * n / (count + n);
      total_squares += squares[b * c + i] + delta * delta * count * n / (count + n);
      count += n;
    }
    mean[i] = float(total_mean);
    invstd[i] = float(1 / std::sqrt(total_squares / std::max(1, p.rows) + p.eps));
    if (running_mean) running_mean[i] += p.momentum * (float(total_mean) - running_mean[i]);
    if (running_var) running_var[i] += p.momentum * (float(total_squares / std::max(1, p.rows - 1)) - running_var[i]);
  }
  normalize(in[0], in[1], in[2], mean, invstd, out[0], p);
}

void batch_norm_eval(Context&, Bufs in, Bufs out, const NormParams& p) {
  const float *mean = in[3].as<float>(), *var = in[4].as<float>();
  float* invstd = out[1].as<float>();
  for (int i = 0; i < p.c; i++) invstd[i] = 1.0f / std::sqrt(var[i] + p.eps);
  normalize(in[0], in[1], in[2], mean, invstd, out[0], p);
}

void batch_norm_grad(Context&, Bufs in, Bufs out, const NormParams& p) {
  const float *x = in[0].as<float>(), *dy = in[1].as<float>();
  const float *mean = in[3].as<float>(), *invstd = in[4].as<float>();
  float *dx = out[0].as<float>(), *dweight = out[1].as<float>(), *dbias = out[2].as<float>();
  const int64_t c = p.c, blocks = blocks_of(p);
  std::vector<float> sums_dy(size_t(blocks * c)), sums_dy_xhat(size_t(blocks * c));  // [blocks,c]
  for_blocks(p, [&](int64_t b, int64_t first, int64_t rows) {
    block_gradient_sums(x + first * c, dy + first * c, rows, p.c, mean, invstd, sums_dy.data() + b * c, sums_dy_xhat.data() + b * c);
  });
  const std::vector<float> scale = scales(in[2], invstd, p.c);
  std::vector<float> slope(size_t(c), 0.0f), constant(size_t(c), 0.0f);
  for (int64_t i = 0; i < c; i++) {
    double sum_dy = 0, sum_dy_xhat = 0;
    for (int64_t b = 0; b < blocks; b++) {
      sum_dy += sums_dy[b * c + i];
      sum_dy_xhat += sums_dy_xhat[b * c + i];
    }
    dbias[i] = float(sum_dy);
    dweight[i] = float(sum_dy_xhat);
    if (p.training && p.rows > 0) {
      slope[i] = float(scale[i] * invstd[i] * sum_dy_xhat / p.rows);
      constant[i] = float(scale[i] * sum_dy / p.rows);
    }
  }
  parallel_for(p.rows, kElementGrain / (c + 1) + 1, [&](int64_t begin, int64_t end) {
    input_gradient_rows(x + begin * c, dy + begin * c, dx + begin * c, end - begin, p.c, mean, scale.data(), slope.data(), constant.data());
  });
}

}  // namespace convolt::cpu
