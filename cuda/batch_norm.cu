// Batch normalisation (Ioffe & Szegedy, ICML 2015) over the rows of x [rows,c].
//
// Algorithm  statistics: each thread keeps Welford's mean and sum of squared deviations over its rows, and Chan's
//            formula merges them (column_reduce.cuh), so that a mean of 1e4 sigma costs no precision; then one pass
//            normalises. Gradient: one pass sums dy and dy xhat for each channel, a second writes
//            dx = weight invstd (dy - mean(dy) - xhat mean(dy xhat)); with fixed statistics dx = weight invstd dy.
// Shapes     x, y, dy, dx [rows,c]; everything else [c]. Absent weight is 1, absent bias 0.
// Bytes      training 12 an element (read x twice, write y), gradient 20 (read x and dy twice, write dx).
// Bound by   memory.
#include "backend.h"
#include "column_reduce.cuh"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// Count, mean and sum of squared deviations of some values.
struct Moments {
  float count, mean, squares;

  static DEV Moments zero() { return {0.0f, 0.0f, 0.0f}; }

  DEV void add(float value) {  // Welford
    count += 1;
    const float delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }

  DEV void merge(const Moments& other) {  // Chan
    if (other.count == 0) return;
    const float total = count + other.count, delta = other.mean - mean;
    mean += delta * (other.count / total);
    squares += other.squares + delta * delta * (count * other.count / total);
    count = total;
  }
};

struct LoadMoments {
  const float* x;  // [rows,c]
  int64_t c;
  DEV void add(Moments& moments, int64_t row, int64_t channel) const { moments.add(x[row * c + channel]); }
};

__global__ void __launch_bounds__(kBlock)
    statistics_kernel(const Moments* __restrict__ partials, int parts, float* __restrict__ mean, float* __restrict__ invstd,
                      float* __restrict__ running_mean, float* __restrict__ running_var, NormParams p) {
  for (int64_t channel = first_element(); channel < p.c; channel += grid_threads()) {
    const Moments moments = merge_parts(partials, parts, p.c, channel);
    mean[channel] = moments.mean;
    invstd[channel] = 1.0f / sqrtf(moments.squares / p.rows + p.eps);
    if (running_mean) running_mean[channel] += p.momentum * (moments.mean - running_mean[channel]);
    if (running_var) {
      const float unbiased = moments.squares / (p.rows > 1 ? p.rows - 1 : 1);
      running_var[channel] += p.momentum * (unbiased - running_var[channel]);
    }
  }
}

__global__ void __launch_bounds__(kBlock)
    invstd_kernel(const float* __restrict__ var, float* __restrict__ invstd, NormParams p) {
  for (int64_t channel = first_element(); channel < p.c; channel += grid_threads()) invstd[channel] = 1.0f / sqrtf(var[channel] + p.eps);
}

__global__ void __launch_bounds__(kBlock)
    normalize_kernel(const float* __restrict__ x, const float* __restrict__ weight, const float* __restrict__ bias,
                     const float* __restrict__ mean, const float* __restrict__ invstd, float* __restrict__ y, NormParams p) {
  const int64_t n = int64_t(p.rows) * p.c;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int channel = int(i % p.c);
    const float scale = weight ? weight[channel] * invstd[channel] : invstd[channel];
    y[i] = (x[i] - mean[channel]) * scale + (bias ? bias[channel] : 0.0f);
  }
}

void normalize(Context& ctx, const float* x, const Buf& weight, const Buf& bias, const float* mean, const float* invstd, float* y,
               const NormParams& p) {
  launch(normalize_kernel, blocks_for(int64_t(p.rows) * p.c), kBlock, 0, ctx.stream, x, weight.as<float>(), bias.as<float>(), mean, invstd,
         y, p);
}

// The sums of dy and of dy xhat over some rows of a channel: the gradients of bias and weight.
struct GradientSums {
  float dy, dy_xhat;
  static DEV GradientSums zero() { return {0.0f, 0.0f}; }
  DEV void merge(const GradientSums& other) {
    dy += other.dy;
    dy_xhat += other.dy_xhat;
  }
};

struct LoadGradient {
  const float *x, *dy;        // [rows,c]
  const float *mean, *invstd;  // [c]
  int64_t c;
  DEV void add(GradientSums& sums, int64_t row, int64_t channel) const {
    const float g = dy[row * c + channel];
    sums.dy += g;
    sums.dy_xhat += g * ((x[row * c + channel] - mean[channel]) * invstd[channel]);
  }
};

__global__ void __launch_bounds__(kBlock)
    parameter_grad_kernel(const GradientSums* __restrict__ partials, int parts, float* __restrict__ dweight, float* __restrict__ dbias,
                          int64_t c) {
  for (int64_t channel = first_element(); channel < c; channel += grid_threads()) {
    const GradientSums sums = merge_parts(partials, parts, c, channel);
    dweight[channel] = sums.dy_xhat;
    dbias[channel] = sums.dy;
  }
}

__global__ void __launch_bounds__(kBlock)
    input_grad_kernel(const float* __restrict__ x, const float* __restrict__ dy, const float* __restrict__ weight,
                      const float* __restrict__ mean, const float* __restrict__ invstd, const float* __restrict__ dweight,
                      const float* __restrict__ dbias, float* __restrict__ dx, NormParams p) {
  const int64_t n = int64_t(p.rows) * p.c;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int channel = int(i % p.c);
    const float scale = weight ? weight[channel] * invstd[channel] : invstd[channel];
    float g = dy[i];
    if (p.training) {
      const float xhat = (x[i] - mean[channel]) * invstd[channel];
      g -= (dbias[channel] + xhat * dweight[channel]) / p.rows;
    }
    dx[i] = g * scale;
  }
}

}  // namespace

void batch_norm_train(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  const float* x = in[0].as<float>();                                // [rows,c]
  float *mean = out[1].as<float>(), *invstd = out[2].as<float>();    // [c]
  const Parts parts = parts_of(p.rows);
  Moments* partials = ctx.scratch_array<Moments>(int64_t(parts.count) * p.c);  // [parts,c]
  launch_column_partials(ctx.stream, LoadMoments{x, p.c}, partials, p.rows, p.c, parts);
  launch(statistics_kernel, blocks_for(p.c), kBlock, 0, ctx.stream, partials, parts.count, mean, invstd, in[3].as<float>(),
         in[4].as<float>(), p);
  if (p.rows > 0) normalize(ctx, x, in[1], in[2], mean, invstd, out[0].as<float>(), p);
}

void batch_norm_eval(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  float* invstd = out[1].as<float>();  // [c]
  launch(invstd_kernel, blocks_for(p.c), kBlock, 0, ctx.stream, in[4].as<float>(), invstd, p);
  if (p.rows > 0) normalize(ctx, in[0].as<float>(), in[1], in[2], in[3].as<float>(), invstd, out[0].as<float>(), p);
}

void batch_norm_grad(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  const float *x = in[0].as<float>(), *dy = in[1].as<float>();         // [rows,c]
  const float *mean = in[3].as<float>(), *invstd = in[4].as<float>();  // [c]
  float *dweight = out[1].as<float>(), *dbias = out[2].as<float>();    // [c]
  const Parts parts = parts_of(p.rows);
  GradientSums* partials = ctx.scratch_array<GradientSums>(int64_t(parts.count) * p.c);  // [parts,c]
  launch_column_partials(ctx.stream, LoadGradient{x, dy, mean, invstd, p.c}, partials, p.rows, p.c, parts);
  launch(parameter_grad_kernel, blocks_for(p.c), kBlock, 0, ctx.stream, partials, parts.count, dweight, dbias, p.c);
  if (p.rows > 0)
    launch(input_grad_kernel, blocks_for(int64_t(p.rows) * p.c), kBlock, 0, ctx.stream, x, dy, in[2].as<float>(), mean, invstd, dweight,
           dbias, out[0].as<float>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
