// Batch normalisation (Ioffe & Szegedy, ICML 2015) over the rows of x [rows,c], alone, before ReLU, or before the addition of a
// residual (and ReLU).
//
// Algorithm  statistics: moments of parts of the rows, merged by Chan's formula (channel_norm.cuh), so that a mean of
//            1e4 deviations costs no precision; then one pass normalises, adds and clips. Gradient: one pass sums dy and
//            dy xhat for each channel, a second writes dx = weight invstd (dy - mean(dy) - xhat mean(dy xhat)); with
//            fixed statistics dx = weight invstd dy. Behind ReLU, dy is 0 where y is: y is computed again from x, which
//            is read anyway, or read where a residual was added; then the first pass leaves that dy as the residual's
//            gradient for the second.
// Shapes     x, residual, y, dy, dx [rows,c] of any float type; everything else [c] float32. Absent weight is 1, absent bias 0.
// Bytes      float32: training 12 an element (read x twice, write y), 16 with a residual; gradient 20 (read x and dy twice,
//            write dx), 28 behind a residual and ReLU.
// Bound by   memory.
#include "batch_norm.cuh"

#include "channel_norm.cuh"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct FinishStatistics {
  BatchStatistics found;
  NormParams p;

  DEV Moments take(const Moments& partial, int64_t) const { return partial; }

  DEV void operator()(int64_t channel, const Moments& moments) const {
    found.mean[channel] = moments.mean;
    found.invstd[channel] = 1.0f / sqrtf(moments.squares / p.rows + p.eps);
    if (found.running_mean) found.running_mean[channel] += p.momentum * (moments.mean - found.running_mean[channel]);
    if (found.running_var) {
      const float unbiased = moments.squares / (p.rows > 1 ? p.rows - 1 : 1);
      found.running_var[channel] += p.momentum * (unbiased - found.running_var[channel]);
    }
  }
};

__global__ void __launch_bounds__(kBlock)
    invstd_kernel(const float* __restrict__ var, float* __restrict__ invstd, NormParams p) {
  for (int64_t channel = first_element(); channel < p.c; channel += grid_threads()) invstd[channel] = 1.0f / sqrtf(var[channel] + p.eps);
}

struct FinishGradient {
  const float* weight;             // [c]
  float *dweight, *dbias;          // [c]
  GradientSums* of_weighted;       // [c]: the sums of weight dy

  DEV GradientSums take(const GradientSums& partial, int64_t) const { return partial; }

  DEV void operator()(int64_t channel, const GradientSums& sums) const {
    dweight[channel] = sums.dy_xhat;
    dbias[channel] = sums.dy;
    const float factor = weight ? weight[channel] : 1.0f;
    of_weighted[channel] = {factor * sums.dy, factor * sums.dy_xhat};
  }
};

// The gradient sums behind residual and ReLU; leaves dy, with 0 where y is, in dresidual.
template <class T>
struct TakeAddReluGradient {
  using Element = T;
  using Partial = GradientSums;
  const T *x, *y, *dy;  // [rows,c]
  T* dresidual;         // [rows,c]
  ChannelValues values;

  template <int V>
  DEV void operator()(const ChannelRun& run, const ChannelShape& shape, GradientSums (&sums)[V]) const {
    ChannelAffine affine[V];
    affines_of(values, run, shape, affine);
    for (int64_t row = run.begin; row < run.end; row += run.step) {
      const int64_t i = row * shape.channels + run.channel;
      float value[V], result[V], g[V];
      load(x + i, run.aligned, value);
      load(y + i, run.aligned, result);
      load(dy + i, run.aligned, g);
      UNROLL
      for (int v = 0; v < V; v++) {
        if (result[v] <= 0) g[v] = 0;
        sums[v].dy += g[v];
        sums[v].dy_xhat += g[v] * ((value[v] - affine[v].mean) * affine[v].invstd);
      }
      store(g, run.aligned, dresidual + i);
    }
  }
};

ChannelShape shape_of(const NormParams& p) { return {1, p.rows, p.c, 1}; }

void normalize(Context& ctx, const Buf& x, const Buf& residual, const ChannelValues& values, const Buf& y, const NormParams& p) {
  with_float(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    normalize_channels(ctx.stream, x.as<T>(), residual.as<T>(), y.as<T>(), values, p.relu, shape_of(p));
  });
}

// Both gradients from the sums that `take` takes: dx, behind ReLU with kRelu, of dy as it is then.
template <bool kRelu, class T, class Take>
void gradient(Context& ctx, const Take& take, const ChannelTiles& tiles, const T* x, const T* dy, const ChannelValues& values, T* dx, float* dweight,
              float* dbias, const NormParams& p) {
  const ChannelShape shape = shape_of(p);
  GradientSums* of_weighted = ctx.scratch_array<GradientSums>(p.c);
  const GradientSums* partials = channel_partials(ctx, take, shape, tiles);
  merge_channels(ctx.stream, partials, shape, tiles, FinishGradient{values.weight, dweight, dbias, of_weighted});
  input_gradient<kRelu>(ctx.stream, x, dy, p.training ? of_weighted : nullptr, dx, values, shape);
}

template <class T, bool kRelu>
void plain_gradient(Context& ctx, Bufs in, Bufs out, const ChannelValues& values, const NormParams& p) {
  const T *x = in[0].as<T>(), *dy = in[1].as<T>();
  gradient<kRelu>(ctx, TakeGradient<T, kRelu>{x, dy, values}, tiles_of(shape_of(p), x, dy), x, dy, values, out[0].as<T>(), out[1].as<float>(),
                  out[2].as<float>(), p);
}

}  // namespace

void batch_statistics(Context& ctx, const Buf& x, const BatchStatistics& found, const NormParams& p) {
  const ChannelShape shape = shape_of(p);
  with_float(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const ChannelTiles tiles = tiles_of(shape, x.as<T>());
    merge_statistics(ctx, channel_partials(ctx, TakeMoments<T>{x.as<T>()}, shape, tiles), tiles.parts, found, p);
  });
}

void merge_statistics(Context& ctx, const Moments* partials, int64_t parts, const BatchStatistics& found, const NormParams& p) {
  merge_parts(ctx.stream, partials, parts, p.c, FinishStatistics{found, p});
}

void batch_norm_train(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  float *mean = out[1].as<float>(), *invstd = out[2].as<float>();  // [c]
  batch_statistics(ctx, in[0], {mean, invstd, in[4].as<float>(), in[5].as<float>()}, p);
  normalize(ctx, in[0], in[1], {mean, invstd, in[2].as<float>(), in[3].as<float>()}, out[0], p);
}

void batch_norm_apply(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  normalize(ctx, in[0], in[1], {in[4].as<float>(), in[5].as<float>(), in[2].as<float>(), in[3].as<float>()}, out[0], p);
}

void batch_norm_eval(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  float* invstd = out[1].as<float>();  // [c]
  launch(invstd_kernel, blocks_for(p.c), kBlock, 0, ctx.stream, in[5].as<float>(), invstd, p);
  normalize(ctx, in[0], in[1], {in[4].as<float>(), invstd, in[2].as<float>(), in[3].as<float>()}, out[0], p);
}

void batch_norm_grad(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  const ChannelValues values = {in[4].as<float>(), in[5].as<float>(), in[2].as<float>(), in[3].as<float>()};
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if (p.relu) return plain_gradient<T, true>(ctx, in, out, values, p);
    plain_gradient<T, false>(ctx, in, out, values, p);
  });
}

void batch_norm_add_relu_grad(Context& ctx, Bufs in, Bufs out, const NormParams& p) {
  if (p.c == 0) return;
  const ChannelValues values = {in[4].as<float>(), in[5].as<float>(), in[3].as<float>(), nullptr};
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = in[0].as<T>(), *y = in[1].as<T>(), *dy = in[2].as<T>();
    T* dresidual = out[1].as<T>();
    gradient<false>(ctx, TakeAddReluGradient<T>{x, y, dy, dresidual, values}, tiles_of(shape_of(p), x, y, dy, dresidual), x, dresidual, values,
                    out[0].as<T>(), out[2].as<float>(), out[3].as<float>(), p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
