// Batch normalisation (Ioffe & Szegedy, ICML 2015) over the rows of x [rows,c], alone, before ReLU, or before the addition
// of a residual (and ReLU). A block's moments are taken while it is in the cache, and merged in double.
#include "batch_norm.h"

#include <cmath>
#include <vector>

#include "channel_norm.h"

namespace convolt::cpu {
namespace {

using Vector = std::vector<float>;  // [c]

// What every channel is multiplied by, and what is added.
struct Factors {
  Vector scale, shift;

  Factors(const Buf& weight, const Buf& bias, const float* invstd, int64_t c) : scale(invstd, invstd + c), shift(size_t(c), 0.0f) {
    for (int64_t i = 0; i < c && weight.data; i++) scale[i] *= weight.as<float>()[i];
    if (bias.data) std::copy_n(bias.as<float>(), c, shift.begin());
  }
};

RowBlocks blocks_of(const NormParams& p) { return {1, p.rows, p.c}; }
float least_of(const NormParams& p) { return p.relu ? 0.0f : kNoRelu; }

void normalize(const Buf& x, const Buf& residual, const Factors& factors, const float* mean, const Buf& y, const NormParams& p) {
  blocks_of(p).for_each([&](int64_t, int64_t, int64_t first, int64_t rows) {
    const int64_t at = first * p.c;
    normalize_rows(x.as<float>() + at, residual.data ? residual.as<float>() + at : nullptr, y.as<float>() + at, rows, p.c, mean,
                   factors.scale.data(), factors.shift.data(), least_of(p));
  });
}

// The gradients, with dy as 0 where y is not above `least`. prepare(at, n) is called before the n elements of dy from
// element `at` on are read.
struct Gradient {
  const float *x, *mean, *invstd;
  float *dx, *dweight, *dbias;
  const Factors& factors;
  float least;
  const NormParams& p;

  template <class Prepare>
  void compute(const float* dy, const Prepare& prepare) const {
    const RowBlocks blocks = blocks_of(p);
    const int64_t c = p.c;
    const float *scale = factors.scale.data(), *shift = factors.shift.data();
    Vector sums_dy(size_t(blocks.count() * c)), sums_dy_xhat(size_t(blocks.count() * c));  // [blocks,c]
    blocks.for_each([&](int64_t block, int64_t, int64_t first, int64_t rows) {
      prepare(first * c, rows * c);
      block_gradient_sums(x + first * c, dy + first * c, rows, c, mean, invstd, scale, shift, least, sums_dy.data() + block * c,
                          sums_dy_xhat.data() + block * c);
    });
    Vector slope(size_t(c), 0.0f), constant(size_t(c), 0.0f);
    for (int64_t i = 0; i < c; i++) {
      double sum_dy = 0, sum_dy_xhat = 0;
      for (int64_t block = 0; block < blocks.count(); block++) {
        sum_dy += sums_dy[block * c + i];
        sum_dy_xhat += sums_dy_xhat[block * c + i];
      }
      dbias[i] = float(sum_dy);
      dweight[i] = float(sum_dy_xhat);
      if (p.training && p.rows > 0) {
        slope[i] = float(scale[i] * invstd[i] * sum_dy_xhat / p.rows);
        constant[i] = float(scale[i] * sum_dy / p.rows);
      }
    }
    blocks.for_each([&](int64_t, int64_t, int64_t first, int64_t rows) {
      input_gradient_rows(x + first * c, dy + first * c, dx + first * c, rows, c, mean, scale, shift, least, slope.data(), constant.data());
    });
  }
};

VECTORIZED void pass_where_positive(const float* y, const float* dy, float* passed, int64_t n) {
  for (int64_t i = 0; i < n; i++) passed[i] = y[i] <= 0 ? 0.0f : dy[i];
}

}  // namespace

void batch_statistics(const float* x, const BatchStatistics& found, const NormParams& p) {
  const auto [mean, invstd, running_mean, running_var] = found;
  const RowBlocks blocks = blocks_of(p);
  const int64_t c = p.c;
  Vector means(size_t(blocks.count() * c)), squares(size_t(blocks.count() * c));  // [blocks,c]
  blocks.for_each([&](int64_t block, int64_t, int64_t first, int64_t rows) {
    block_moments(x + first * c, rows, c, means.data() + block * c, squares.data() + block * c);
  });
  for (int64_t i = 0; i < c; i++) {
    Moments moments;
    for (int64_t block = 0; block < blocks.count(); block++)
      moments.merge(double(blocks.rows_of(block)), means[block * c + i], squares[block * c + i]);
    mean[i] = float(moments.mean);
    invstd[i] = float(1 / std::sqrt(moments.squares / std::max(1, p.rows) + p.eps));
    if (running_mean) running_mean[i] += p.momentum * (float(moments.mean) - running_mean[i]);
    if (running_var) running_var[i] += p.momentum * (float(moments.squares / std::max(1, p.rows - 1)) - running_var[i]);
  }
}

void batch_norm_train(Context&, Bufs in, Bufs out, const NormParams& p) {
  float *mean = out[1].as<float>(), *invstd = out[2].as<float>();
  batch_statistics(in[0].as<float>(), {mean, invstd, in[4].as<float>(), in[5].as<float>()}, p);
  normalize(in[0], in[1], Factors(in[2], in[3], invstd, p.c), mean, out[0], p);
}

void batch_norm_apply(Context&, Bufs in, Bufs out, const NormParams& p) {
  const float *mean = in[4].as<float>(), *invstd = in[5].as<float>();
  normalize(in[0], in[1], Factors(in[2], in[3], invstd, p.c), mean, out[0], p);
}

void batch_norm_eval(Context&, Bufs in, Bufs out, const NormParams& p) {
  const float *mean = in[4].as<float>(), *var = in[5].as<float>();
  float* invstd = out[1].as<float>();
  for (int i = 0; i < p.c; i++) invstd[i] = 1.0f / std::sqrt(var[i] + p.eps);
  normalize(in[0], in[1], Factors(in[2], in[3], invstd, p.c), mean, out[0], p);
}

void batch_norm_grad(Context&, Bufs in, Bufs out, const NormParams& p) {
  const float *mean = in[4].as<float>(), *invstd = in[5].as<float>();
  const Factors factors(in[2], in[3], invstd, p.c);
  const Gradient gradient = {in[0].as<float>(),  mean,    invstd,      out[0].as<float>(), out[1].as<float>(),
                             out[2].as<float>(), factors, least_of(p), p};
  gradient.compute(in[1].as<float>(), [](int64_t, int64_t) {});
}

void batch_norm_add_relu_grad(Context&, Bufs in, Bufs out, const NormParams& p) {
  const float *y = in[1].as<float>(), *dy = in[2].as<float>(), *mean = in[4].as<float>(), *invstd = in[5].as<float>();
  float* dresidual = out[1].as<float>();
  const Factors factors(in[3], Buf{}, invstd, p.c);
  const Gradient gradient = {in[0].as<float>(),  mean,    invstd,  out[0].as<float>(), out[2].as<float>(),
                             out[3].as<float>(), factors, kNoRelu, p};
  gradient.compute(dresidual, [=](int64_t at, int64_t n) { pass_where_positive(y + at, dy + at, dresidual + at, n); });
}

}  // namespace convolt::cpu
