// How many elements are NaN or infinite.
//
// Algorithm  each block counts a share of the elements and sums in shared memory; a second kernel of one block sums the
//            blocks' counts.
// Shapes     x [*] of any float type, count [1].
// Bytes      the size of an element, read once.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"

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
__global__ void __launch_bounds__(kBlock) count_kernel(const T* __restrict__ x, int* __restrict__ counts, int64_t n) {
  int count = 0;
  for (int64_t i = first_element(); i < n; i += grid_threads()) count += (bits_of(widen(x[i])) & 0x7f800000) == 0x7f800000;
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
  const int blocks = int(blocks_for(n) < kMostBlocks ? blocks_for(n) : kMostBlocks);
  int* counts = ctx.scratch_array<int>(blocks);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(count_kernel<T>, blocks, kBlock, 0, ctx.stream, in[0].as<T>(), counts, n);
  });
  launch(sum_counts_kernel, 1, kBlock, 0, ctx.stream, counts, blocks, out[0].as<int>());
}

}  // namespace convolt::CONVOLT_BACKEND
