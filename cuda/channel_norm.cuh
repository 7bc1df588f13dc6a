// Normalisation by channel: what batch, group and instance normalisation share. x is [images,rows,channels], and
// per_group neighbouring channels of an image have their mean and deviation in common. Batch normalisation is the case
// of one image and groups of one channel.
//
// Algorithm  a thread has the channels of one vector of 16 bytes, or one channel where they are no multiple of that. A block
//            takes a part of an image's rows and up to 32 threads' channels, fewer where x has fewer, so that a warp always
//            reads neighbours; a thread stays with its channels and walks down the part. Partial results of the threads are
//            merged in a tree, and those of the parts by a block for each group: the order depends on shape and type alone.
// Bytes      what a pass reads and writes, once; 1 / 256 of it or less for partial results.
// Bound by   memory.
#pragma once

#include "channel_affine.cuh"
#include "device/device.cuh"
#include "element.h"
#include "moments.cuh"
#include "vector.cuh"

namespace convolt {

constexpr int kNormThreads = 256, kMergeThreads = 128, kMostMergeThreads = 1024;
constexpr int kRowsPerThread = 32, kMostParts = 1024;

struct ChannelShape {
  int64_t images, rows, channels, per_group;
  HOST_DEVICE int64_t groups() const { return channels / per_group; }
};

// How blocks cover x: side by side over the channels, and in parts down the rows of each image.
struct ChannelTiles {
  int vector;   // channels of a thread
  bool aligned; // whether it moves them as one
  int columns, row_threads;
  int64_t across, parts, part_rows;
};

// `tensors` are what is read and written: all of them in the layout of x.
template <class T, class... Tensors>
ChannelTiles tiles_of(const ChannelShape& shape, const T* x, const Tensors*... tensors) {
  const int vector = shape.channels % kVector<T> == 0 ? kVector<T> : 1;
  const bool aligned = vector == 1 || are_aligned<kVector<T>>(x, tensors...);
  const int64_t threads = (shape.channels + vector - 1) / vector;
  int columns = 1;
  while (columns < 32 && columns < threads) columns *= 2;
  const int row_threads = kNormThreads / columns;
  int64_t parts = (shape.rows + row_threads * kRowsPerThread - 1) / (row_threads * kRowsPerThread);
  parts = parts < 1 ? 1 : parts > kMostParts ? kMostParts : parts;
  return {vector, aligned, columns, row_threads, (threads + columns - 1) / columns, parts, (shape.rows + parts - 1) / parts};
}

// A thread's share: rows begin, begin + step, ... below end of the channels from `channel` on of one image.
struct ChannelRun {
  int64_t image, part, channel, begin, end;
  int step;
  bool aligned;
};

template <int V>
DEV ChannelRun run_of_thread(const ChannelShape& shape, const ChannelTiles& tiles) {
  const int64_t block = blockIdx.x, image_part = block / tiles.across;
  const int64_t image = image_part / tiles.parts, part = image_part % tiles.parts;
  const int64_t begin = part * tiles.part_rows, channel = (block % tiles.across * tiles.columns + threadIdx.x) * V;
  const int64_t end = begin + tiles.part_rows < shape.rows ? begin + tiles.part_rows : shape.rows;
  return {image, part, channel, begin + threadIdx.y, end, tiles.row_threads, tiles.aligned};
}

// Starts a kernel whose threads each have a ChannelRun: the first where a thread has a vector, or else the second.
template <class... Params, class... Arguments>
void launch_runs(void* stream, void (*of_vectors)(Params...), void (*of_channels)(Params...), const ChannelShape& shape,
                 const ChannelTiles& tiles, Arguments... arguments) {
  const int64_t blocks = shape.images * tiles.parts * tiles.across;
  if (blocks == 0) return;
  launch(tiles.vector == 1 ? of_channels : of_vectors, dim3(unsigned(blocks)), dim3(tiles.columns, tiles.row_threads), 0, stream, arguments...,
         shape, tiles);
}

// The moments of a run.
template <class T>
struct TakeMoments {
  using Element = T;
  using Partial = Moments;
  const T* x;  // [images,rows,channels]

  template <int V>
  DEV void operator()(const ChannelRun& run, const ChannelShape& shape, Moments (&found)[V]) const {
    const T* column = x + run.image * shape.rows * shape.channels + run.channel;
    moments_of(run.begin, run.end, run.step, [&](int64_t row, float(&to)[V]) { load(column + row * shape.channels, run.aligned, to); }, found);
  }
};

DEV int64_t group_of(const ChannelRun& run, const ChannelShape& shape, int v) {
  return run.image * shape.groups() + (run.channel + v) / shape.per_group;
}

// What a run's channels need.
template <int V>
DEV void affines_of(const ChannelValues& values, const ChannelRun& run, const ChannelShape& shape, ChannelAffine (&affine)[V]) {
  UNROLL for (int v = 0; v < V; v++) affine[v] = affine_of(values, group_of(run, shape, v), run.channel + v);
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
  using Element = T;
  using Partial = GradientSums;
  const T *x, *dy;  // [images,rows,channels]
  ChannelValues values;

  template <int V>
  DEV void operator()(const ChannelRun& run, const ChannelShape& shape, GradientSums (&sums)[V]) const {
    ChannelAffine affine[V];
    affines_of(values, run, shape, affine);
    const int64_t column = run.image * shape.rows * shape.channels + run.channel;
    for (int64_t row = run.begin; row < run.end; row += run.step) {
      float value[V], g[V];
      load(x + column + row * shape.channels, run.aligned, value);
      load(dy + column + row * shape.channels, run.aligned, g);
      UNROLL
      for (int v = 0; v < V; v++) {
        if (kRelu && affine[v](value[v]) <= 0) g[v] = 0;
        sums[v].dy += g[v];
        sums[v].dy_xhat += g[v] * ((value[v] - affine[v].mean) * affine[v].invstd);
      }
    }
  }
};

// Take is a struct with operator()(run, shape, partials), which adds to the Partial of each channel of a run.
template <int V, class Take>
__global__ void __launch_bounds__(kNormThreads)
    channel_partials_kernel(Take take, typename Take::Partial* __restrict__ partials, ChannelShape shape, ChannelTiles tiles) {
  using Partial = typename Take::Partial;
  SHARED_ARRAY(Partial, of_thread, [V][kNormThreads]);
  const ChannelRun run = run_of_thread<V>(shape, tiles);
  const int me = threadIdx.y * tiles.columns + threadIdx.x;
  Partial mine[V];
  UNROLL for (int v = 0; v < V; v++) mine[v] = Partial::zero();
  if (run.channel < shape.channels) take(run, shape, mine);
  UNROLL for (int v = 0; v < V; v++) of_thread[v][me] = mine[v];
  for (int half = tiles.row_threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (int(threadIdx.y) < half)
      UNROLL for (int v = 0; v < V; v++) of_thread[v][me].merge(of_thread[v][me + half * tiles.columns]);
  }
  if (threadIdx.y == 0 && run.channel < shape.channels) {
    const int64_t first = (run.image * tiles.parts + run.part) * shape.channels + run.channel;
    UNROLL for (int v = 0; v < V; v++) partials[first + v] = of_thread[v][me];
  }
}

// The partials [images,parts,channels] of all runs.
template <class Take>
typename Take::Partial* channel_partials(Context& ctx, Take take, const ChannelShape& shape, const ChannelTiles& tiles) {
  auto* partials = ctx.scratch_array<typename Take::Partial>(shape.images * tiles.parts * shape.channels);
  constexpr int vector = kVector<typename Take::Element>;
  launch_runs(ctx.stream, channel_partials_kernel<vector, Take>, channel_partials_kernel<1, Take>, shape, tiles, take, partials);
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
template <int V, class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_channels_kernel(const T* __restrict__ x, const T* __restrict__ residual, T* __restrict__ y, ChannelValues values, int relu,
                              ChannelShape shape, ChannelTiles tiles) {
  const ChannelRun run = run_of_thread<V>(shape, tiles);
  if (run.channel >= shape.channels) return;
  ChannelAffine affine[V];
  affines_of(values, run, shape, affine);
  const int64_t column = run.image * shape.rows * shape.channels + run.channel;
  for (int64_t row = run.begin; row < run.end; row += run.step) {
    const int64_t i = column + row * shape.channels;
    float value[V], more[V] = {};
    load(x + i, run.aligned, value);
    if (residual) load(residual + i, run.aligned, more);
    UNROLL
    for (int v = 0; v < V; v++) {
      value[v] = affine[v](value[v]);
      if (residual) value[v] += more[v];
      if (relu && value[v] < 0) value[v] = 0;  // keeps NaN
    }
    store(value, run.aligned, y + i);
  }
}

template <class T>
void normalize_channels(void* stream, const T* x, const T* residual, T* y, const ChannelValues& values, int relu, const ChannelShape& shape) {
  launch_runs(stream, normalize_channels_kernel<kVector<T>, T>, normalize_channels_kernel<1, T>, shape, tiles_of(shape, x, residual, y), x,
              residual, y, values, relu);
}

// dx = invstd (weight dy - mean(weight dy) - xhat mean(weight dy xhat)); without sums, of fixed statistics, weight invstd dy.
// The bounds leave 40 registers to a thread of one channel, without which ptxas takes 32 and spills, and 128 to others.
template <int V, class T, bool kRelu>
__global__ void __launch_bounds__(kNormThreads, V == 1 ? 6 : 2)
    input_gradient_kernel(const T* __restrict__ x, const T* __restrict__ dy, const GradientSums* __restrict__ sums, T* __restrict__ dx,
                          ChannelValues values, ChannelShape shape, ChannelTiles tiles) {
  const ChannelRun run = run_of_thread<V>(shape, tiles);
  if (run.channel >= shape.channels) return;
  ChannelAffine affine[V];
  affines_of(values, run, shape, affine);
  float slope[V] = {}, constant[V] = {};
  UNROLL
  for (int v = 0; v < V && sums; v++) {
    const GradientSums& of_group = sums[group_of(run, shape, v)];
    const float factor = affine[v].invstd / (float(shape.rows) * float(shape.per_group));
    slope[v] = of_group.dy_xhat * factor * affine[v].invstd;
    constant[v] = of_group.dy * factor;
  }
  const int64_t column = run.image * shape.rows * shape.channels + run.channel;
  for (int64_t row = run.begin; row < run.end; row += run.step) {
    const int64_t i = column + row * shape.channels;
    float value[V], g[V];
    load(x + i, run.aligned, value);
    load(dy + i, run.aligned, g);
    UNROLL
    for (int v = 0; v < V; v++) {
      if (kRelu && affine[v](value[v]) <= 0) g[v] = 0;
      g[v] *= affine[v].scale;
      if (sums) g[v] -= (value[v] - affine[v].mean) * slope[v] + constant[v];
    }
    store(g, run.aligned, dx + i);
  }
}

template <bool kRelu, class T>
void input_gradient(void* stream, const T* x, const T* dy, const GradientSums* sums, T* dx, const ChannelValues& values, const ChannelShape& shape) {
  launch_runs(stream, input_gradient_kernel<kVector<T>, T, kRelu>, input_gradient_kernel<1, T, kRelu>, shape, tiles_of(shape, x, dy, dx), x, dy,
              sums, dx, values);
}

}  // namespace convolt
