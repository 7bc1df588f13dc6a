// Norms of each parameter's part of flat buffers, for optimisers that scale a layer's step by them.
//
// layer[count,2] has where each parameter begins, a multiple of kChunk, and whether it is scaled. Sums run over chunks, then
// over a parameter's chunks, in an order that depends on the sizes alone.
#pragma once

#include "block_reduce.cuh"
#include "vector.cuh"

namespace convolt {

constexpr int kChunk = 64;

// Squares of a parameter's values and of its update, or sums of such.
struct Squares {
  float value, update;
};

// Whatever stands in `layer`, what comes of it lies in [0, n].
DEV int64_t layer_begin(const int* layer, int count, int which, int64_t n) {
  if (which >= count) return n;
  const int64_t begin = layer[2 * which];
  return begin < 0 ? 0 : begin > n ? n : begin;
}

// The parameter that element i belongs to: the last that begins at or before it, or the first.
DEV int layer_of(const int* layer, int count, int64_t i) {
  int low = 0, high = count;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (layer[2 * middle] <= i) low = middle;
    else high = middle;
  }
  return low;
}

DEV float sum_of(const float (&values)[4]) { return (values[0] + values[2]) + (values[1] + values[3]); }

// partial[n / kChunk]: sums of squares of what squared(i, values, updates) gives for neighbours from i on. It is called once for
// each element. Four elements a thread, and a chunk is a half of a warp's.
template <class Squared>
__global__ void __launch_bounds__(kBlock) chunk_squares_kernel(Squared squared, Squares* __restrict__ partial, int64_t n) {
  constexpr int V = kVector<float>, lanes = kChunk / V;
  for (int64_t tile = blockIdx.x; tile * kBlock * V < n; tile += gridDim.x) {
    const int64_t i = (tile * kBlock + threadIdx.x) * V;
    float value[V] = {}, update[V] = {};
    if (i + V <= n) {
      squared(i, value, update);
    } else {
      UNROLL
      for (int v = 0; v < V; v++) {
        float one[1] = {}, other[1] = {};
        if (i + v < n) squared(i + v, one, other);
        value[v] = one[0], update[v] = other[0];
      }
    }
    UNROLL for (int v = 0; v < V; v++) value[v] *= value[v], update[v] *= update[v];
    UNROLL
    for (int offset = lanes / 2; offset > 0; offset /= 2) {
      UNROLL
      for (int v = 0; v < V; v++) {
        value[v] += __shfl_xor_sync(~0u, value[v], offset);
        update[v] += __shfl_xor_sync(~0u, update[v], offset);
      }
    }
    if (threadIdx.x % lanes == 0 && i < n) partial[i / kChunk] = {sum_of(value), sum_of(update)};
  }
}

// ratio[count] = ratio_of(norm of the values, norm of the update), and 1 for what is not scaled. One block for each parameter.
template <class RatioOf>
__global__ void __launch_bounds__(kBlock)
    layer_ratio_kernel(const int* __restrict__ layer, int count, const Squares* __restrict__ partial, int64_t n, RatioOf ratio_of,
                       float* __restrict__ ratio) {
  const int which = blockIdx.x;
  const int64_t first = layer_begin(layer, count, which, n) / kChunk, behind = (layer_begin(layer, count, which + 1, n) + kChunk - 1) / kChunk;
  Squares sum = {0, 0};
  for (int64_t chunk = first + threadIdx.x; chunk < behind; chunk += kBlock) {
    sum.value += partial[chunk].value;
    sum.update += partial[chunk].update;
  }
  const float value = block_reduce(sum.value, AddValues{}), update = block_reduce(sum.update, AddValues{});
  if (threadIdx.x == 0) ratio[which] = layer[2 * which + 1] ? ratio_of(sqrtf(value), sqrtf(update)) : 1.0f;
}

// What the step of a parameter's elements is scaled by.
struct LayerRatios {
  const int* layer;    // [count,2]
  int count;
  const float* ratio;  // [count]
  DEV float of(int64_t i) const { return ratio[layer_of(layer, count, i)]; }
};

// Computes ratios in scratch memory.
template <class Squared, class RatioOf, class Context>
LayerRatios layer_ratios(Context& ctx, const int* layer, int count, int64_t n, Squared squared, RatioOf ratio_of) {
  auto* partial = ctx.template scratch_array<Squares>((n + kChunk - 1) / kChunk);
  float* ratio = ctx.template scratch_array<float>(count);
  launch(chunk_squares_kernel<Squared>, blocks_for_vectors<kVector<float>>(n, true), kBlock, 0, ctx.stream, squared, partial, n);
  launch(layer_ratio_kernel<RatioOf>, unsigned(count), kBlock, 0, ctx.stream, layer, count, partial, n, ratio_of, ratio);
  return {layer, count, ratio};
}

}  // namespace convolt
