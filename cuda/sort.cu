// The first elements of each middle axis of x [outer,size,inner] in sorted order, with their places.
//
// Algorithm  axes of up to 512: one thread for each element counts how many come before it, which is its place. Longer
//            ones: a radix sort of all 32 bits (radix_sort.cuh). Either way equals stay in their order, in both directions,
//            NaN is larger than all numbers, and -0 equals 0.
// Shapes     y, index [outer,count,inner], count <= size.
// Bytes      short axes: 4 an element, and size times that from the cache; long ones 160 an element.
// Bound by   the cache; memory.
#include "backend.h"
#include "grid.cuh"
#include "radix_sort.cuh"
#include "sort_key.h"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kMostCounted = 512, kKeyBits = 32;

// The element s of run [outer,inner].
DEV int64_t offset_of(int64_t run, int64_t s, const SortParams& p) { return (run / p.inner * p.size + s) * p.inner + run % p.inner; }
DEV int64_t result_offset(int64_t run, int64_t place, const SortParams& p) {
  return (run / p.inner * p.count + place) * p.inner + run % p.inner;
}

__global__ void __launch_bounds__(kBlock)
    count_before_kernel(const float* __restrict__ x, float* __restrict__ y, int* __restrict__ index, int64_t n, SortParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t own = i / p.inner % p.size, run = i / p.inner / p.size * p.inner + i % p.inner;
    const uint32_t key = sort_key(x[i], p.descending);
    int place = 0;
    for (int64_t s = 0; s < p.size; s++) {
      const uint32_t other = sort_key(x[offset_of(run, s, p)], p.descending);
      place += other < key || (other == key && s < own);
    }
    if (place >= p.count) continue;
    y[result_offset(run, place, p)] = x[i];
    index[result_offset(run, place, p)] = int(own);
  }
}

__global__ void __launch_bounds__(kBlock) keys_kernel(const float* __restrict__ x, Pairs pairs, int64_t n, SortParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t run = i / p.size, s = i % p.size;
    pairs.keys[i] = sort_key(x[offset_of(run, s, p)], p.descending);
    pairs.values[i] = int(s);
  }
}

__global__ void __launch_bounds__(kBlock)
    take_kernel(const float* __restrict__ x, const int* __restrict__ sorted, float* __restrict__ y, int* __restrict__ index, int64_t n,
                SortParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t place = i / p.inner % p.count, run = i / p.inner / p.count * p.inner + i % p.inner;
    const int at = sorted[run * p.size + place];
    y[i] = x[offset_of(run, at, p)];
    index[i] = at;
  }
}

}  // namespace

void sort(Context& ctx, Bufs in, Bufs out, const SortParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  int* index = out[1].as<int>();
  const int64_t n = in[0].numel, results = out[0].numel;
  if (results == 0 || p.count > p.size) return;
  if (p.size <= kMostCounted) return launch(count_before_kernel, blocks_for(n), kBlock, 0, ctx.stream, x, y, index, n, p);
  Pairs pairs = scratch_pairs(ctx, n);
  launch(keys_kernel, blocks_for(n), kBlock, 0, ctx.stream, x, pairs, n, p);
  pairs = radix_sort(ctx, pairs, int64_t(p.outer) * p.inner, p.size, kKeyBits);
  launch(take_kernel, blocks_for(results), kBlock, 0, ctx.stream, x, pairs.values, y, index, results, p);
}

}  // namespace convolt::CONVOLT_BACKEND
