// Normalisation by channel: what batch, group and instance normalisation share. x is [images,rows,channels], and
// per_group neighbouring channels of an image have their mean and deviation in common. Batch normalisation is the case
// of one image and groups of one channel.
//
// Algorithm  a block takes a part of an image's rows and up to 32 channels, fewer where x has fewer, so that a warp always
//            reads neighbours; a thread stays with its channel and walks down the part. Partial results of the threads are
//            merged in a tree, and those of the parts by a block for each group: the order depends on the shape alone.
// Bytes      what a pass reads and writes, once; 1 / 256 of it or less for partial results.
// Bound by   memory.
#pragma once

#include "channel_affine.cuh"
#include "device/device.cuh"
#include "element.h"
#include "moments.cuh"

namespace convolt {

constexpr int kNormThreads = 256, kMergeThreads = 128, kMostMergeThreads = 1024;
constexpr int kRowsPerThread = 32, kMostParts = 1024;

struct ChannelShape {
  int64_t images, rows, channels, per_group;
  HOST_DEVICE int64_t groups() const { return channels / per_group; }
};

// How blocks cover x: side by side over the channels, and in parts down the rows of each image.
struct ChannelTiles {
  int columns, row_threads;
  int64_t across, parts, part_rows;
};

inline ChannelTiles tiles_of(const ChannelShape& shape) {
  int columns = 1;
  while (columns < 32 && columns < shape.channels) columns *= 2;
  const int row_threads = kNormThreads / columns;
  int64_t parts = (shape.rows + row_threads * kRowsPerThread - 1) / (row_threads * kRowsPerThread);
  parts = parts < 1 ? 1 : parts > kMostParts ? kMostParts : parts;
  return {columns, row_threads, (shape.channels + columns - 1) / columns, parts, (shape.rows + parts - 1) / parts};
}

// A thread's share: rows begin, begin + step, ... below end of one channel of one image.
struct ChannelRun {
  int64_t image, part, channel, begin, end;
  int step;
};

DEV ChannelRun run_of_thread(const ChannelShape& shape, const ChannelTiles& tiles) {
  const int64_t block = blockIdx.x, image_part = block / tiles.across;
  const int64_t image = image_part / tiles.parts, part = image_part % tiles.parts;
  const int64_t begin = part * tiles.part_rows;
  const int64_t end = begin + tiles.part_rows < shape.rows ? begin + tiles.part_rows : shape.rows;
  return {image, part, block % tiles.across * tiles.columns + threadIdx.x, begin + threadIdx.y, end, tiles.row_threads};
}

// Starts a kernel whose threads each have a ChannelRun.
template <class... Params, class... Arguments>
void launch_runs(void* stream, void (*kernel)(Params...), const ChannelShape& shape, const ChannelTiles& tiles, Arguments... arguments) {
  const int64_t blocks = shape.images * tiles.parts * tiles.across;
  if (blocks > 0) launch(kernel, dim3(unsigned(blocks)), dim3(tiles.columns, tiles.row_threads), 0, stream, arguments..., shape, tiles);
}

// The moments of a run.
template <class T>
struct TakeMoments {
  using Partial = Moments;
  const T* x;  // [images,rows,channels]

  DEV Moments operator()(const ChannelRun& run, const ChannelShape& shape) const {
    const T* column = x + run.image * shape.rows * shape.channels + run.channel;
    return moments_of(run.begin, run.end, run.step, [&](int64_t row) { return widen(column[row * shape.channels]); });
  }
};

DEV int64_t group_of(const ChannelRun& run, const ChannelShape& shape) {
  return run.image * shape.groups() + run.channel / shape.per_group;
}

// The sums of dy and of dy xhat: gradients of bias and weight.
struct GradientSums {
  float dy, dy_xhat;
  static DEV GradientSums zero() { return {0.0f, 0.0f}; }
  DEV void merge(const GradientSums& other) {
    dy += other.dy;
    dy_xhat += other.dy_xhat;
  }
};

// The gradient sums of a run. With kRelu, dy is that of max(y, 0), y being computed again from x.
template <class T, bool kRelu>
struct TakeGradient {
  using Partial = GradientSums;
  const T *x, *dy;  // [images,rows,channels]
  ChannelValues values;

  DEV GradientSums operator()(const ChannelRun& run, const ChannelShape& shape) const {
    const ChannelAffine affine = affine_of(values, group_of(run, shape), run.channel);
    const int64_t column = run.image * shape.rows * shape.channels + run.channel;
    GradientSums sums = GradientSums::zero();
    for (int64_t row = run.begin; row < run.end; row += run.step) {
      const float value = widen(x[column + row * shape.channels]);
      const float g = kRelu && affine(value) <= 0 ? 0.0f : widen(dy[column + row * shape.channels]);
      sums.dy += g;
      sums.dy_xhat += g * ((value - affine.mean) * affine.invstd);
    }
    return sums;
  }
};

// Take is a struct with operator()(run, shape), the Partial of a run.
template <class Take>
__global__ void __launch_bounds__(kNormThreads)
    channel_partials_kernel(Take take, typename Take::Partial* __restrict__ partials, ChannelShape shape, ChannelTiles tiles) {
  using Partial = typename Take::Partial;
  SHARED_ARRAY(Partial, of_thread, [kNormThreads]);
  const ChannelRun run = run_of_thread(shape, tiles);
  const int me = threadIdx.y * tiles.columns + threadIdx.x;
  of_thread[me] = run.channel < shape.channels ? take(run, shape) : Partial::zero();
  for (int half = tiles.row_threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (int(threadIdx.y) < half) of_thread[me].merge(of_thread[me + half * tiles.columns]);
  }
  if (threadIdx.y == 0 && run.channel < shape.channels)
    partials[(run.image * tiles.parts + run.part) * shape.channels + run.channel] = of_thread[me];
}

// The partials [images,parts,channels] of all runs.
template <class Take>
typename Take::Partial* channel_partials(Context& ctx, Take take, const ChannelShape& shape, const ChannelTiles& tiles) {
  auto* partials = ctx.scratch_array<typename Take::Partial>(shape.images * tiles.parts * shape.channels);
  launch_runs(ctx.stream, channel_partials_kernel<Take>, shape, tiles, take, partials);
  return partials;
}

// One block merges the partials of `inner` neighbouring channels in all of `outer` rows of partials, for each of `groups`
// in each of the images. finish.take(partial, channel) sees each of them, finish(group, merged) the result.
template <class Partial, class Finish>
__global__ void __launch_bounds__(kMostMergeThreads)
    merge_kernel(const Partial* __restrict__ partials, int64_t outer, int64_t inner, int64_t groups, Finish finish) {
  SHARED_ARRAY(Partial, of_thread, [kMostMergeThreads]);
  const int64_t image = blockIdx.x / groups, first = blockIdx.x % groups * inner, channels = groups * inner;
  partials += image * outer * channels;
  Partial mine = Partial::zero();
  for (int64_t i = threadIdx.x; i < outer * inner; i += blockDim.x) {
    const int64_t channel = first + i % inner;
    mine.merge(finish.take(partials[i / inner * channels + channel], channel));
  }
  of_thread[threadIdx.x] = mine;
  for (int half = int(blockDim.x) / 2; half > 0; half /= 2) {
    __syncthreads();
    if (int(threadIdx.x) < half) of_thread[threadIdx.x].merge(of_thread[threadIdx.x + half]);
  }
  if (threadIdx.x == 0) finish(blockIdx.x, of_thread[0]);
}

// The threads of a block that merges so many partials.
inline int merge_threads(int64_t partials) { return partials <= int64_t(8) * kMergeThreads ? kMergeThreads : kMostMergeThreads; }

// finish(image * groups + group, merged) for each group of each image.
template <class Partial, class Finish>
void merge_groups(void* stream, const Partial* partials, const ChannelShape& shape, const ChannelTiles& tiles, Finish finish) {
  const int64_t blocks = shape.images * shape.groups();
  if (blocks > 0)
    launch(merge_kernel<Partial, Finish>, dim3(unsigned(blocks)), merge_threads(tiles.parts * shape.per_group), 0, stream, partials,
           tiles.parts, shape.per_group, shape.groups(), finish);
}

// finish(channel, merged) for each channel of partials [parts,channels].
template <class Partial, class Finish>
void merge_parts(void* stream, const Partial* partials, int64_t parts, int64_t channels, Finish finish) {
  launch(merge_kernel<Partial, Finish>, dim3(unsigned(channels)), merge_threads(parts), 0, stream, partials, parts, int64_t(1), channels, finish);
}

// The same for each channel over all images.
template <class Partial, class Finish>
void merge_channels(void* stream, const Partial* partials, const ChannelShape& shape, const ChannelTiles& tiles, Finish finish) {
  merge_parts(stream, partials, shape.images * tiles.parts, shape.channels, finish);
}

// y = max((x - mean) * scale + shift + residual, 0), the maximum only with relu, the residual only if there is one.
template <class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_channels_kernel(const T* __restrict__ x, const T* __restrict__ residual, T* __restrict__ y, ChannelValues values, int relu,
                              ChannelShape shape, ChannelTiles tiles) {
  const ChannelRun run = run_of_thread(shape, tiles);
  if (run.channel >= shape.channels) return;
  const ChannelAffine affine = affine_of(values, group_of(run, shape), run.channel);
  const int64_t column = run.image * shape.rows * shape.channels + run.channel;
  for (int64_t row = run.begin; row < run.end; row += run.step) {
    const int64_t i = column + row * shape.channels;
    float value = affine(widen(x[i]));
    if (residual) value += widen(residual[i]);
    if (relu && value < 0) value = 0;  // keeps NaN
    y[i] = narrow<T>(value);
  }
}

// dx = invstd (weight dy - mean(weight dy) - xhat mean(weight dy xhat)); without sums, of fixed statistics, weight invstd dy.
template <class T, bool kRelu>
__global__ void __launch_bounds__(kNormThreads)
    input_gradient_kernel(const T* __restrict__ x, const T* __restrict__ dy, const GradientSums* __restrict__ sums, T* __restrict__ dx,
                          ChannelValues values, ChannelShape shape, ChannelTiles tiles) {
  const ChannelRun run = run_of_thread(shape, tiles);
  if (run.channel >= shape.channels) return;
  const int64_t group = group_of(run, shape);
  const ChannelAffine affine = affine_of(values, group, run.channel);
  float slope = 0, constant = 0;
  if (sums) {
    const float factor = affine.invstd / (float(shape.rows) * float(shape.per_group));
    slope = sums[group].dy_xhat * factor * affine.invstd;
    constant = sums[group].dy * factor;
  }
  const int64_t column = run.image * shape.rows * shape.channels + run.channel;
  for (int64_t row = run.begin; row < run.end; row += run.step) {
    const int64_t i = column + row * shape.channels;
    const float value = widen(x[i]);
    const float g = kRelu && affine(value) <= 0 ? 0.0f : widen(dy[i]);
    const float straight = g * affine.scale;
    dx[i] = narrow<T>(sums ? straight - (value - affine.mean) * slope - constant : straight);
  }
}

}  // namespace convolt
