// Normalisation over s and c of x [n,s,g,c]: group norm (Wu & He, arXiv:1803.08494), instance norm (c = 1), and, with
// s = g = 1, layer norm (Ba et al., arXiv:1607.06450) and root-mean-square norm (Zhang & Sennrich, arXiv:1910.07467).
//
// Algorithm  s > 1: by channel, as channel_norm.cuh has it: partial results for each channel, merged for each group.
//            s = 1: a group is a row of c neighbours: a warp, or for long rows a block, takes the mean, the deviations from
//            it, and the quotient in three passes, of which two come from the cache; its gradient takes two passes, and
//            the gradients of weight and bias one more by channel.
//            Gradient: dx = invstd (w dy - mean(w dy) - xhat mean(w dy xhat)), the first mean only if centred.
// Shapes     x, y, dy, dx [n,s,g,c] of any float type; weight, bias [g,c], mean, invstd [n,g] float32.
// Bytes      float32: s > 1 12 an element, gradient 20; s = 1 8, gradient 20.
// Bound by   memory.
#include "backend.h"
#include "channel_norm.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

ChannelShape shape_of(const GroupNormParams& p) { return {p.n, p.s, int64_t(p.g) * p.c, p.c}; }

struct FinishStatistics {
  float *mean, *invstd;  // [n,g]
  float eps;
  int centred;

  DEV Moments take(const Moments& partial, int64_t) const { return partial; }

  DEV void operator()(int64_t group, const Moments& moments) const {
    const float around_mean = moments.squares / moments.count;
    mean[group] = centred ? moments.mean : 0.0f;
    invstd[group] = 1.0f / sqrtf((centred ? around_mean : around_mean + moments.mean * moments.mean) + eps);
  }
};

struct FinishParameters {
  float *dweight, *dbias;  // [g,c]
  DEV GradientSums take(const GradientSums& partial, int64_t) const { return partial; }
  DEV void operator()(int64_t channel, const GradientSums& sums) const {
    dweight[channel] = sums.dy_xhat;
    dbias[channel] = sums.dy;
  }
};

struct FinishGroupSums {
  const float* weight;         // [g,c]
  GradientSums* of_weighted;   // [n,g]
  int centred;
  DEV GradientSums take(const GradientSums& partial, int64_t channel) const {
    const float factor = weight ? weight[channel] : 1.0f;
    return {factor * partial.dy, factor * partial.dy_xhat};
  }
  DEV void operator()(int64_t group, const GradientSums& sums) const {
    of_weighted[group] = {centred ? sums.dy : 0.0f, sums.dy_xhat};
  }
};

// Rows of c neighbours, `lanes` threads to each.
struct Rows {
  int64_t count, cols, groups;  // a row is group row % groups of its image
  int lanes;
};

Rows rows_of(const GroupNormParams& p) { return {int64_t(p.n) * p.g, p.c, p.g, p.c > 1024 ? kNormThreads : 32}; }

template <class... Params, class... Arguments>
void launch_rows(void* stream, void (*kernel)(Params...), const Rows& rows, Arguments... arguments) {
  const int rows_per_block = kNormThreads / rows.lanes;
  const dim3 grid(unsigned((rows.count + rows_per_block - 1) / rows_per_block));
  launch(kernel, grid, dim3(rows.lanes, rows_per_block), 0, stream, arguments..., rows);
}

// The sum of the values of a row's threads, for all of them.
DEV float row_sum(float value, int lanes) {
  SHARED_ARRAY(float, partial, [kNormThreads]);
  const int first = threadIdx.y * lanes, me = first + threadIdx.x;
  partial[me] = value;
  for (int half = lanes / 2; half > 0; half /= 2) {
    __syncthreads();
    if (int(threadIdx.x) < half) partial[me] += partial[me + half];
  }
  __syncthreads();
  const float result = partial[first];
  __syncthreads();  // before the next sum writes to partial
  return result;
}

template <class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_rows_kernel(const T* __restrict__ x, const float* __restrict__ weight, const float* __restrict__ bias, T* __restrict__ y,
                          float* __restrict__ mean, float* __restrict__ invstd, float eps, int centred, Rows rows) {
  const int64_t row = int64_t(blockIdx.x) * blockDim.y + threadIdx.y, offset = row * rows.cols;
  const int64_t end = row < rows.count ? rows.cols : 0, channel = row % rows.groups * rows.cols;
  const float near = end > 0 && centred ? widen(x[offset]) : 0.0f;
  float sum = 0, squares = 0;
  for (int64_t i = threadIdx.x; i < end; i += rows.lanes) sum += widen(x[offset + i]) - near;
  sum = row_sum(sum, rows.lanes);
  const float centre = centred ? near + sum / rows.cols : 0.0f;
  for (int64_t i = threadIdx.x; i < end; i += rows.lanes) {
    const float deviation = widen(x[offset + i]) - centre;
    squares += deviation * deviation;
  }
  squares = row_sum(squares, rows.lanes);
  const float scale = 1.0f / sqrtf(squares / rows.cols + eps);
  if (threadIdx.x == 0 && end > 0) {
    mean[row] = centre;
    invstd[row] = scale;
  }
  for (int64_t i = threadIdx.x; i < end; i += rows.lanes) {
    const float xhat = (widen(x[offset + i]) - centre) * scale;
    y[offset + i] = narrow<T>(xhat * (weight ? weight[channel + i] : 1.0f) + (bias ? bias[channel + i] : 0.0f));
  }
}

template <class T>
__global__ void __launch_bounds__(kNormThreads)
    rows_gradient_kernel(const T* __restrict__ x, const T* __restrict__ dy, const float* __restrict__ weight, const float* __restrict__ mean,
                         const float* __restrict__ invstd, T* __restrict__ dx, int centred, Rows rows) {
  const int64_t row = int64_t(blockIdx.x) * blockDim.y + threadIdx.y, offset = row * rows.cols;
  const int64_t end = row < rows.count ? rows.cols : 0, channel = row % rows.groups * rows.cols;
  const float centre = end > 0 ? mean[row] : 0.0f, scale = end > 0 ? invstd[row] : 0.0f;
  float sum = 0, sum_xhat = 0;
  for (int64_t i = threadIdx.x; i < end; i += rows.lanes) {
    const float g = widen(dy[offset + i]) * (weight ? weight[channel + i] : 1.0f);
    sum += g;
    sum_xhat += g * ((widen(x[offset + i]) - centre) * scale);
  }
  const float constant = centred ? row_sum(sum, rows.lanes) / rows.cols : 0.0f;
  const float slope = row_sum(sum_xhat, rows.lanes) / rows.cols;
  for (int64_t i = threadIdx.x; i < end; i += rows.lanes) {
    const float g = widen(dy[offset + i]) * (weight ? weight[channel + i] : 1.0f);
    const float xhat = (widen(x[offset + i]) - centre) * scale;
    dx[offset + i] = narrow<T>((g - constant - xhat * slope) * scale);
  }
}

// The gradient sums of weight and bias where s = 1: a run goes down the images, each with statistics of its own.
template <class T>
struct TakeParameterGradient {
  using Element = T;
  using Partial = GradientSums;
  const T *x, *dy;             // [n,channels]
  const float *mean, *invstd;  // [n,groups]
  int64_t groups, per_group;

  template <int V>
  DEV void operator()(const ChannelRun& run, const ChannelShape& shape, GradientSums (&sums)[V]) const {
    for (int64_t row = run.begin; row < run.end; row += run.step) {
      const int64_t i = row * shape.channels + run.channel;
      float value[V], g[V];
      load(x + i, run.aligned, value);
      load(dy + i, run.aligned, g);
      UNROLL
      for (int v = 0; v < V; v++) {
        const int64_t statistic = row * groups + (run.channel + v) / per_group;
        sums[v].dy += g[v];
        sums[v].dy_xhat += g[v] * ((value[v] - mean[statistic]) * invstd[statistic]);
      }
    }
  }
};

// s > 1.
template <class T>
void gradient_by_channel(Context& ctx, Bufs in, Bufs out, const GroupNormParams& p) {
  const T *x = in[0].as<T>(), *dy = in[1].as<T>();  // [n,s,g,c]
  const ChannelValues values = {in[3].as<float>(), in[4].as<float>(), in[2].as<float>(), nullptr};
  const ChannelShape shape = shape_of(p);
  const ChannelTiles tiles = tiles_of(shape, x, dy);
  GradientSums* of_weighted = ctx.scratch_array<GradientSums>(int64_t(p.n) * p.g);
  const GradientSums* partials = channel_partials(ctx, TakeGradient<T, false>{x, dy, values}, shape, tiles);
  merge_channels(ctx.stream, partials, shape, tiles, FinishParameters{out[1].as<float>(), out[2].as<float>()});
  merge_groups(ctx.stream, partials, shape, tiles, FinishGroupSums{values.weight, of_weighted, p.centred});
  input_gradient<false>(ctx.stream, x, dy, of_weighted, out[0].as<T>(), values, shape);
}

// s = 1.
template <class T>
void gradient_by_row(Context& ctx, Bufs in, Bufs out, const GroupNormParams& p) {
  const T *x = in[0].as<T>(), *dy = in[1].as<T>();                   // [n,g,c]
  const float *mean = in[3].as<float>(), *invstd = in[4].as<float>();  // [n,g]
  launch_rows(ctx.stream, rows_gradient_kernel<T>, rows_of(p), x, dy, in[2].as<float>(), mean, invstd, out[0].as<T>(), p.centred);
  const ChannelShape images = {1, p.n, int64_t(p.g) * p.c, p.c};
  const ChannelTiles tiles = tiles_of(images, x, dy);
  const GradientSums* partials = channel_partials(ctx, TakeParameterGradient<T>{x, dy, mean, invstd, p.g, p.c}, images, tiles);
  merge_channels(ctx.stream, partials, images, tiles, FinishParameters{out[1].as<float>(), out[2].as<float>()});
}

}  // namespace

void group_norm_forward(Context& ctx, Bufs in, Bufs out, const GroupNormParams& p) {
  const float *weight = in[1].as<float>(), *bias = in[2].as<float>();  // [g,c]
  float *mean = out[1].as<float>(), *invstd = out[2].as<float>();      // [n,g]
  if (out[0].numel == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = in[0].as<T>();
    T* y = out[0].as<T>();
    if (p.s == 1)
      return launch_rows(ctx.stream, normalize_rows_kernel<T>, rows_of(p), x, weight, bias, y, mean, invstd, p.eps, p.centred);
    const ChannelShape shape = shape_of(p);
    const ChannelTiles tiles = tiles_of(shape, x);
    const Moments* partials = channel_partials(ctx, TakeMoments<T>{x}, shape, tiles);
    merge_groups(ctx.stream, partials, shape, tiles, FinishStatistics{mean, invstd, p.eps, p.centred});
    const ChannelValues values = {mean, invstd, weight, bias};
    normalize_channels(ctx.stream, x, static_cast<const T*>(nullptr), y, values, 0, shape);
  });
}

void group_norm_grad(Context& ctx, Bufs in, Bufs out, const GroupNormParams& p) {
  if (out[1].numel == 0) return;
  if (in[0].numel == 0) {  // sums of nothing; there are no statistics to read either
    const ChannelShape none = {0, 0, int64_t(p.g) * p.c, p.c};
    const GradientSums* partials = nullptr;
    return merge_channels(ctx.stream, partials, none, tiles_of(none, in[0].as<float>()), FinishParameters{out[1].as<float>(), out[2].as<float>()});
  }
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if (p.s == 1) return gradient_by_row<T>(ctx, in, out, p);
    gradient_by_channel<T>(ctx, in, out, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
