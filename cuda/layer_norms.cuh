// Norms of each parameter's part of flat buffers, for optimisers that scale a layer's step by them.
//
// layer[count,2] has where each parameter begins, a multiple of kChunk, and whether it is scaled. Sums run over chunks, then
// over a parameter's chunks, in an order that depends on the sizes alone.
#pragma once

#include "block_reduce.cuh"
#include "grid.cuh"

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

// partial[n / kChunk]: sums of what squares(i) gives; squares is called once for each element.
template <class SquaresOf>
__global__ void __launch_bounds__(kBlock) chunk_squares_kernel(SquaresOf squares, Squares* __restrict__ partial, int64_t n) {
  SHARED_ARRAY(Squares, sum, [kBlock]);
  const int thread = threadIdx.x, lane = thread % kChunk;
  for (int64_t tile = blockIdx.x; tile * kBlock < n; tile += gridDim.x) {
    const int64_t i = tile * kBlock + thread;
    sum[thread] = i < n ? squares(i) : Squares{0, 0};
    for (int half = kChunk / 2; half > 0; half /= 2) {
      __syncthreads();
      if (lane < half) {
        sum[thread].value += sum[thread + half].value;
        sum[thread].update += sum[thread + half].update;
      }
    }
    if (lane == 0 && i < n) partial[i / kChunk] = sum[thread];
    __syncthreads();  // before the next tile writes to sum
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

// Computes ratio[count] in scratch memory.
template <class SquaresOf, class RatioOf, class Context>
float* layer_ratios(Context& ctx, const int* layer, int count, int64_t n, SquaresOf squares, RatioOf ratio_of) {
  auto* partial = ctx.template scratch_array<Squares>((n + kChunk - 1) / kChunk);
  float* ratio = ctx.template scratch_array<float>(count);
  launch(chunk_squares_kernel<SquaresOf>, blocks_for(n), kBlock, 0, ctx.stream, squares, partial, n);
  launch(layer_ratio_kernel<RatioOf>, unsigned(count), kBlock, 0, ctx.stream, layer, count, partial, n, ratio_of, ratio);
  return ratio;
}
