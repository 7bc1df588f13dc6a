// Matrix products on the ordinary cores, summed in float32: y = a b (+ bias), for linear layers and im2col convolution.
//
// Algorithm  a block of 256 threads makes a 64 x 64 tile of y. It walks along k in steps of 16: both operands' tiles
//            go to shared memory, then each thread multiplies 4 x 4 values out of registers. Operands have any two
//            strides; threads load along whichever is 1. When y has too few tiles to fill a GPU, k is split into
//            parts by the shape alone; the parts' sums go to scratch and are added in order, so results repeat.
// Shapes     a [batch,m,k], b [batch,k,n], bias [batch,n] of type T, y [batch,m,n] of type Y, each by strides.
// Bytes      each element of a is read n/64 times, each of b m/64 times (from the cache where they fit).
// Bound by   float32 arithmetic: 16 multiply-adds for 8 shared loads a thread and k.
#pragma once

#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

template <class T, class Y = T>
struct GemmProblem {
  int64_t m, n, k;
  const T* a;  // a(i, l) at i * a_row + l * a_col
  int64_t a_row, a_col;
  const T* b;  // b(l, j) at l * b_row + j * b_col
  int64_t b_row, b_col;
  const T* bias = nullptr;  // [n], or none
  Y* y;                     // y(i, j) at i * y_row + j
  int64_t y_row;
  bool accumulate = false;  // y += instead of y =
  int batch = 1;            // that many products, each operand the given distance from the last
  int64_t a_batch = 0, b_batch = 0, bias_batch = 0, y_batch = 0;
};

constexpr int kTile = 64, kDepth = 16, kPerThread = 4;
constexpr int kTilePitch = kTile + 4;  // keeps the 16-byte alignment of rows and spreads them over the banks

// tile[l][i] = operand(first + i, depth + l), zero outside. along_depth: the depth has stride 1.
template <class T>
DEV void load_tile(float (*tile)[kTilePitch], const T* operand, int64_t stride, int64_t depth_stride, int64_t first, int64_t count,
                   int64_t depth, int64_t depth_end) {
  const bool along_depth = depth_stride == 1;
  UNROLL
  for (int pass = 0; pass < kTile * kDepth / kBlock; pass++) {
    const int element = pass * kBlock + threadIdx.x;
    const int l = along_depth ? element % kDepth : element / kTile;
    const int i = along_depth ? element / kDepth : element % kTile;
    const bool inside = first + i < count && depth + l < depth_end;
    tile[l][i] = inside ? widen(operand[(first + i) * stride + (depth + l) * depth_stride]) : 0.0f;
  }
}

// Writes one element of y from its sum.
template <class T, class Y>
DEV void finish_element(const GemmProblem<T, Y>& p, int64_t batch, int64_t r, int64_t c, float sum) {
  Y* y = p.y + batch * p.y_batch + r * p.y_row + c;
  *y = narrow<Y>(sum + (p.bias ? widen(p.bias[batch * p.bias_batch + c]) : 0.0f) + (p.accumulate ? widen(*y) : 0.0f));
}

// Block (tile of m, tile of n, batch * splits + split). With splits > 1 y is scratch [splits,batch,m,n].
template <class T, class Y>
__global__ void __launch_bounds__(kBlock) gemm_kernel(GemmProblem<T, Y> p, int splits, int64_t k_per_split, float* partials) {
  SHARED_ARRAY(float, tile_a, [kDepth][kTilePitch]);
  SHARED_ARRAY(float, tile_b, [kDepth][kTilePitch]);
  const int batch = blockIdx.z / splits, split = blockIdx.z % splits;
  const int64_t row0 = int64_t(blockIdx.x) * kTile, column0 = int64_t(blockIdx.y) * kTile;
  const int64_t k_begin = split * k_per_split, k_end = k_begin + k_per_split < p.k ? k_begin + k_per_split : p.k;
  const T* a = p.a + batch * p.a_batch;
  const T* b = p.b + batch * p.b_batch;
  const int row = threadIdx.x / (kTile / kPerThread) * kPerThread, column = threadIdx.x % (kTile / kPerThread) * kPerThread;

  float sum[kPerThread][kPerThread] = {};
  for (int64_t l0 = k_begin; l0 < k_end; l0 += kDepth) {
    load_tile(tile_a, a, p.a_row, p.a_col, row0, p.m, l0, k_end);
    load_tile(tile_b, b, p.b_col, p.b_row, column0, p.n, l0, k_end);
    __syncthreads();
    UNROLL
    for (int l = 0; l < kDepth; l++) {
      const float4 va = *reinterpret_cast<const float4*>(&tile_a[l][row]);
      const float4 vb = *reinterpret_cast<const float4*>(&tile_b[l][column]);
      const float fa[kPerThread] = {va.x, va.y, va.z, va.w}, fb[kPerThread] = {vb.x, vb.y, vb.z, vb.w};
      UNROLL
      for (int i = 0; i < kPerThread; i++) {
        UNROLL
        for (int j = 0; j < kPerThread; j++) sum[i][j] += fa[i] * fb[j];
      }
    }
    __syncthreads();
  }

  UNROLL
  for (int i = 0; i < kPerThread; i++) {
    UNROLL
    for (int j = 0; j < kPerThread; j++) {
      const int64_t r = row0 + row + i, c = column0 + column + j;
      if (r >= p.m || c >= p.n) continue;
      if (splits > 1) partials[((int64_t(split) * p.batch + batch) * p.m + r) * p.n + c] = sum[i][j];
      else finish_element(p, batch, r, c, sum[i][j]);
    }
  }
}

template <class T, class Y>
__global__ void __launch_bounds__(kBlock) add_splits_kernel(GemmProblem<T, Y> p, int splits, const float* __restrict__ partials) {
  const int64_t all = p.batch * p.m * p.n;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    float sum = 0;
    for (int split = 0; split < splits; split++) sum += partials[split * all + i];
    finish_element(p, i / (p.m * p.n), i / p.n % p.m, i % p.n, sum);
  }
}

// Into how many parts k is cut: enough that some 256 blocks have work, each with at least 256 of k.
inline int splits_of(int64_t k, int64_t tiles) {
  constexpr int64_t enough_blocks = 256, least_k = 256;
  int64_t splits = enough_blocks / tiles, most = k / least_k;
  splits = splits < most ? splits : most;
  return splits > 1 ? int(splits) : 1;
}

template <class T, class Y>
void gemm(Context& ctx, const GemmProblem<T, Y>& p) {
  if (p.m == 0 || p.n == 0 || p.batch == 0) return;
  constexpr int most_batches = 32768;  // a grid is at most 65535 high
  if (p.batch > most_batches) {
    GemmProblem<T, Y> first = p, rest = p;
    first.batch = most_batches;
    rest.batch -= most_batches;
    rest.a += most_batches * p.a_batch;
    rest.b += most_batches * p.b_batch;
    if (p.bias) rest.bias += most_batches * p.bias_batch;
    rest.y += most_batches * p.y_batch;
    gemm(ctx, first);
    return gemm(ctx, rest);
  }
  const int64_t tiles_m = (p.m + kTile - 1) / kTile, tiles_n = (p.n + kTile - 1) / kTile;
  const int splits = splits_of(p.k, tiles_m * tiles_n * p.batch);
  const int64_t k_per_split = (p.k + splits - 1) / splits;
  float* partials = splits > 1 ? ctx.scratch_array<float>(splits * p.batch * p.m * p.n) : nullptr;  // [splits,batch,m,n]
  const dim3 grid{unsigned(tiles_m), unsigned(tiles_n), unsigned(p.batch * splits)};
  launch(gemm_kernel<T, Y>, grid, kBlock, 0, ctx.stream, p, splits, k_per_split, partials);
  if (splits > 1) launch(add_splits_kernel<T, Y>, blocks_for(p.batch * p.m * p.n), kBlock, 0, ctx.stream, p, splits, partials);
}

}  // namespace convolt::CONVOLT_BACKEND
