// Normalisation over s and c of x [n,s,g,c]: group, instance, layer and root-mean-square norm. By channel where s > 1, as
// batch normalisation has it; where s = 1 a group is a row of c neighbours. Results are merged in double.
#include "backend.h"

#include <cmath>
#include <vector>

#include "channel_norm.h"

namespace convolt::cpu {
namespace {

using Vector = std::vector<float>;

constexpr int kLanes = 16;

// The sum of x - near.
VECTORIZED float row_sum(const float* x, int64_t n, float near) {
  float partial[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int lane = 0; lane < kLanes; lane++) partial[lane] += x[i + lane] - near;
  for (; i < n; i++) partial[i % kLanes] += x[i] - near;
  float sum = 0;
  for (float value : partial) sum += value;
  return sum;
}

VECTORIZED float row_squares(const float* x, int64_t n, float mean) {
  float partial[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int lane = 0; lane < kLanes; lane++) partial[lane] += (x[i + lane] - mean) * (x[i + lane] - mean);
  for (; i < n; i++) partial[i % kLanes] += (x[i] - mean) * (x[i] - mean);
  float sum = 0;
  for (float value : partial) sum += value;
  return sum;
}

VECTORIZED void normalize_row(const float* x, float* y, int64_t n, float mean, float invstd, const float* weight, const float* bias) {
  for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * invstd * weight[i] + bias[i];
}

// Sums of weight dy and weight dy xhat; adds dy xhat to dweight and dy to dbias.
VECTORIZED void row_gradient_sums(const float* x, const float* dy, int64_t n, float mean, float invstd, const float* weight, float* dweight,
                                  float* dbias, float* sum, float* sum_xhat) {
  float partial[kLanes] = {}, partial_xhat[kLanes] = {};
  auto take = [&](int64_t i, int lane) {
    const float xhat = (x[i] - mean) * invstd, g = dy[i] * weight[i];
    partial[lane] += g;
    partial_xhat[lane] += g * xhat;
    dweight[i] += dy[i] * xhat;
    dbias[i] += dy[i];
  };
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int lane = 0; lane < kLanes; lane++) take(i + lane, lane);
  for (; i < n; i++) take(i, int(i % kLanes));
  *sum = *sum_xhat = 0;
  for (int lane = 0; lane < kLanes; lane++) {
    *sum += partial[lane];
    *sum_xhat += partial_xhat[lane];
  }
}

VECTORIZED void row_input_gradient(const float* x, const float* dy, float* dx, int64_t n, float mean, float invstd, const float* weight,
                                   float constant, float slope) {
  for (int64_t i = 0; i < n; i++) dx[i] = (dy[i] * weight[i] - constant - (x[i] - mean) * invstd * slope) * invstd;
}

Vector values_or(const Buf& values, int64_t count, float otherwise) {
  if (!values.data) return Vector(size_t(count), otherwise);
  return Vector(values.as<float>(), values.as<float>() + count);
}

int64_t channels_of(const GroupNormParams& p) { return int64_t(p.g) * p.c; }
RowBlocks blocks_of(const GroupNormParams& p) { return {p.n, p.s, channels_of(p)}; }

float inverse_deviation(double variance, float eps) { return float(1 / std::sqrt(variance + eps)); }

// s = 1.
void normalize_by_row(const float* x, const Vector& weight, const Vector& bias, float* y, float* mean, float* invstd, const GroupNormParams& p) {
  parallel_for(int64_t(p.n) * p.g, kElementGrain / (p.c + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* from = x + row * p.c;
      const int64_t channel = row % p.g * p.c;
      mean[row] = p.centred ? from[0] + row_sum(from, p.c, from[0]) / float(p.c) : 0.0f;
      invstd[row] = inverse_deviation(double(row_squares(from, p.c, mean[row])) / p.c, p.eps);
      normalize_row(from, y + row * p.c, p.c, mean[row], invstd[row], weight.data() + channel, bias.data() + channel);
    }
  });
}

// What every channel of every image needs: statistics of its group and its own factor.
struct ImageFactors {
  Vector mean, invstd, scale;  // [n,channels]

  ImageFactors(const float* group_mean, const float* group_invstd, const Vector& weight, const GroupNormParams& p) {
    const int64_t count = p.n * channels_of(p);
    for (Vector* values : {&mean, &invstd, &scale}) values->resize(size_t(count));
    for (int64_t i = 0; i < count; i++) {
      mean[i] = group_mean[i / p.c];
      invstd[i] = group_invstd[i / p.c];
      scale[i] = invstd[i] * weight[i % channels_of(p)];
    }
  }
};

// s > 1.
void normalize_by_channel(const float* x, const Vector& weight, const Vector& bias, float* y, float* mean, float* invstd,
                          const GroupNormParams& p) {
  const RowBlocks blocks = blocks_of(p);
  const int64_t channels = channels_of(p);
  Vector means(size_t(blocks.count() * channels)), squares(size_t(blocks.count() * channels));  // [blocks,channels]
  blocks.for_each([&](int64_t block, int64_t, int64_t first, int64_t rows) {
    block_moments(x + first * channels, rows, channels, means.data() + block * channels, squares.data() + block * channels);
  });
  parallel_for(int64_t(p.n) * p.g, kElementGrain / (blocks.per_image() * p.c + 1) / 8 + 1, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++) {
      const int64_t image = group / p.g;
      Moments moments;
      for (int64_t block = image * blocks.per_image(); block < (image + 1) * blocks.per_image(); block++)
        for (int64_t i = block * channels + group % p.g * p.c, last = i + p.c; i < last; i++)
          moments.merge(double(blocks.rows_of(block)), means[i], squares[i]);
      const double uncentred = p.centred ? 0 : moments.mean * moments.mean;
      mean[group] = p.centred ? float(moments.mean) : 0.0f;
      invstd[group] = inverse_deviation(moments.squares / moments.count + uncentred, p.eps);
    }
  });
  const ImageFactors factors(mean, invstd, weight, p);
  blocks.for_each([&](int64_t, int64_t image, int64_t first, int64_t rows) {
    normalize_rows(x + first * channels, nullptr, y + first * channels, rows, channels, factors.mean.data() + image * channels,
                   factors.scale.data() + image * channels, bias.data(), kNoRelu);
  });
}

// s = 1. Each block of images has sums of its own for weight and bias.
void gradient_by_row(Bufs in, Bufs out, const Vector& weight, const GroupNormParams& p) {
  constexpr int64_t block_images = 64;
  const float *x = in[0].as<float>(), *dy = in[1].as<float>(), *mean = in[3].as<float>(), *invstd = in[4].as<float>();
  float *dx = out[0].as<float>(), *dweight = out[1].as<float>(), *dbias = out[2].as<float>();
  const int64_t channels = channels_of(p), blocks = (p.n + block_images - 1) / block_images;
  Vector dweights(size_t(blocks * channels), 0.0f), dbiases(size_t(blocks * channels), 0.0f);  // [blocks,channels]
  parallel_for(blocks, kElementGrain / (block_images * channels + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * block_images * p.g, last = std::min(end * block_images, int64_t(p.n)) * p.g; row < last; row++) {
      const int64_t at = row * p.c, channel = row % p.g * p.c, sums_at = row / p.g / block_images * channels + channel;
      float sum, sum_xhat;
      row_gradient_sums(x + at, dy + at, p.c, mean[row], invstd[row], weight.data() + channel, dweights.data() + sums_at,
                        dbiases.data() + sums_at, &sum, &sum_xhat);
      row_input_gradient(x + at, dy + at, dx + at, p.c, mean[row], invstd[row], weight.data() + channel,
                         p.centred ? sum / float(p.c) : 0.0f, sum_xhat / float(p.c));
    }
  });
  for (int64_t i = 0; i < channels; i++) {
    double sum_weight = 0, sum_bias = 0;
    for (int64_t block = 0; block < blocks; block++) {
      sum_weight += dweights[block * channels + i];
      sum_bias += dbiases[block * channels + i];
    }
    dweight[i] = float(sum_weight);
    dbias[i] = float(sum_bias);
  }
}

// s > 1.
void gradient_by_channel(Bufs in, Bufs out, const Vector& weight, const GroupNormParams& p) {
  const float *x = in[0].as<float>(), *dy = in[1].as<float>();
  float *dx = out[0].as<float>(), *dweight = out[1].as<float>(), *dbias = out[2].as<float>();
  const RowBlocks blocks = blocks_of(p);
  const int64_t channels = channels_of(p);
  const ImageFactors factors(in[3].as<float>(), in[4].as<float>(), weight, p);
  const Vector shift(size_t(channels), 0.0f);
  Vector sums(size_t(blocks.count() * channels)), sums_xhat(size_t(blocks.count() * channels));  // [blocks,channels]
  blocks.for_each([&](int64_t block, int64_t image, int64_t first, int64_t rows) {
    block_gradient_sums(x + first * channels, dy + first * channels, rows, channels, factors.mean.data() + image * channels,
                        factors.invstd.data() + image * channels, factors.scale.data() + image * channels, shift.data(), kNoRelu,
                        sums.data() + block * channels, sums_xhat.data() + block * channels);
  });
  for (int64_t i = 0; i < channels; i++) {
    double sum = 0, sum_xhat = 0;
    for (int64_t at = i; at < blocks.count() * channels; at += channels) {
      sum += sums[at];
      sum_xhat += sums_xhat[at];
    }
    dweight[i] = float(sum_xhat);
    dbias[i] = float(sum);
  }
  Vector slope(size_t(p.n * channels)), constant(size_t(p.n * channels));  // [n,channels]
  for (int64_t group = 0; group < int64_t(p.n) * p.g; group++) {
    const int64_t image = group / p.g, channel = group % p.g * p.c;
    double sum = 0, sum_xhat = 0;
    for (int64_t block = image * blocks.per_image(); block < (image + 1) * blocks.per_image(); block++)
      for (int64_t i = channel; i < channel + p.c; i++) {
        sum += double(weight[i]) * sums[block * channels + i];
        sum_xhat += double(weight[i]) * sums_xhat[block * channels + i];
      }
    const double invstd = factors.invstd[group * p.c], share = invstd / (double(p.s) * p.c);
    std::fill_n(slope.begin() + group * p.c, p.c, float(sum_xhat * share * invstd));
    std::fill_n(constant.begin() + group * p.c, p.c, p.centred ? float(sum * share) : 0.0f);
  }
  blocks.for_each([&](int64_t, int64_t image, int64_t first, int64_t rows) {
    const int64_t at = image * channels;
    input_gradient_rows(x + first * channels, dy + first * channels, dx + first * channels, rows, channels, factors.mean.data() + at,
                        factors.scale.data() + at, shift.data(), kNoRelu, slope.data() + at, constant.data() + at);
  });
}

}  // namespace

void group_norm_forward(Context&, Bufs in, Bufs out, const GroupNormParams& p) {
  if (out[0].numel == 0) return;
  const Vector weight = values_or(in[1], channels_of(p), 1), bias = values_or(in[2], channels_of(p), 0);
  const auto normalize = p.s == 1 ? normalize_by_row : normalize_by_channel;
  normalize(in[0].as<float>(), weight, bias, out[0].as<float>(), out[1].as<float>(), out[2].as<float>(), p);
}

void group_norm_grad(Context&, Bufs in, Bufs out, const GroupNormParams& p) {
  if (in[0].numel == 0) {
    for (const Buf& sums : {out[1], out[2]}) std::fill_n(sums.as<float>(), sums.numel, 0.0f);
    return;
  }
  const Vector weight = values_or(in[2], channels_of(p), 1);
  const auto gradient = p.s == 1 ? gradient_by_row : gradient_by_channel;
  gradient(in, out, weight, p);
}

}  // namespace convolt::cpu
