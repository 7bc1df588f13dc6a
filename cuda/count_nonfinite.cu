// How many elements are NaN or infinite.
//
// Algorithm  each block counts a share of the elements and sums in shared memory; a second kernel of one block sums the
//            blocks' counts.
// Shapes     x [*] of any float type, count [1].
// Bytes      the size of an element, read once.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kMostBlocks = 1024;

DEV int block_sum(int value) {
  SHARED_ARRAY(int, partial, [kBlock]);
  partial[threadIdx.x] = value;
  for (int half = kBlock / 2; half > 0; half /= 2) {
    __syncthreads();
    if (int(threadIdx.x) < half) partial[threadIdx.x] += partial[threadIdx.x + half];
  }
  __syncthreads();
  return partial[0];
}

template <class T>
__global__ void __launch_bounds__(kBlock) count_kernel(const T* __restrict__ x, int* __restrict__ counts, int64_t n, bool aligned) {
  int count = 0;
  for_vectors<kVector<T>>(n, aligned, [&](int64_t i, auto width) {
    float values[decltype(width)::value];
    load(x + i, true, values);
    UNROLL for (float value : values) count += (bits_of(value) & 0x7f800000) == 0x7f800000;
  });
  count = block_sum(count);
  if (threadIdx.x == 0) counts[blockIdx.x] = count;
}

__global__ void __launch_bounds__(kBlock) sum_counts_kernel(const int* __restrict__ counts, int blocks, int* __restrict__ total) {
  int count = 0;
  for (int i = threadIdx.x; i < blocks; i += kBlock) count += counts[i];
  count = block_sum(count);
  if (threadIdx.x == 0) *total = count;
}

}  // namespace

void count_nonfinite(Context& ctx, Bufs in, Bufs out, const NoParams&) {
  const int64_t n = in[0].numel;
  int* counts = ctx.scratch_array<int>(kMostBlocks);
  int blocks = 0;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = in[0].as<T>();
    const bool aligned = are_aligned<kVector<T>>(x);
    blocks = std::min(int(blocks_for_vectors<kVector<T>>(n, aligned)), kMostBlocks);
    launch(count_kernel<T>, blocks, kBlock, 0, ctx.stream, x, counts, n, aligned);
  });
  launch(sum_counts_kernel, 1, kBlock, 0, ctx.stream, counts, blocks, out[0].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
