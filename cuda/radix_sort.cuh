// Sorts pairs of a 32-bit key and a value by their keys, equal keys in their order, in runs of one length.
//
// Algorithm  radix sort from the lowest four bits up. A pass counts the digits of each tile of 2048 pairs, makes the counts
//            places by a running sum over digits and tiles, and moves the pairs there. In a tile each thread has eight
//            neighbours, so that the order of threads is that of pairs.
// Shapes     keys, values [runs,size]; counts [runs,16 digits,tiles].
// Bytes      20 a pair and pass; a pass for each four bits of the keys.
// Bound by   memory; launches for a few thousand pairs.
#pragma once

#include "abi.h"
#include "block_scan.cuh"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

constexpr int kDigitBits = 4, kDigits = 1 << kDigitBits;
constexpr int kPairsPerThread = 8, kPairTile = kBlock * kPairsPerThread;

struct Pairs {
  uint32_t* keys;
  int32_t* values;
};

// Makes counts [digit][thread] the sum of all before them in that order.
DEV void scan_digits(int (*counts)[kBlock]) {
  int* own = &counts[0][0] + threadIdx.x * kDigits;
  int sum = 0, total;
  __syncthreads();
  for (int i = 0; i < kDigits; i++) sum += own[i];
  int before = block_exclusive_scan(sum, total);
  for (int i = 0; i < kDigits; i++) {
    const int count = own[i];
    own[i] = before;
    before += count;
  }
  __syncthreads();
}

// Counts this thread's digits, of the pairs from `begin` to `end` in its run, and sums them up over the block.
DEV void count_digits(const uint32_t* keys, int64_t begin, int64_t end, int shift, int (*counts)[kBlock]) {
  for (int digit = 0; digit < kDigits; digit++) counts[digit][threadIdx.x] = 0;
  for (int64_t i = begin; i < end; i++) counts[keys[i] >> shift & (kDigits - 1)][threadIdx.x]++;
  scan_digits(counts);
}

// The pairs of this thread in its run: from begin to end.
struct OwnPairs {
  int64_t begin, end;
};
DEV OwnPairs own_pairs(int64_t tile, int64_t size) {
  const int64_t begin = tile * kPairTile + threadIdx.x * kPairsPerThread, end = begin + kPairsPerThread;
  return {begin, end < size ? end : size};
}

// Block run * tiles + tile. places [runs,digits,tiles].
static __global__ void __launch_bounds__(kBlock)
    count_digits_kernel(const uint32_t* __restrict__ keys, int* __restrict__ places, int64_t size, int64_t tiles, int shift) {
  SHARED_ARRAY(int, counts, [kDigits][kBlock]);
  const int64_t run = blockIdx.x / tiles, tile = blockIdx.x % tiles;
  const OwnPairs own = own_pairs(tile, size);
  count_digits(keys + run * size, own.begin, own.end, shift, counts);
  const int digit = threadIdx.x;
  if (digit >= kDigits) return;
  const int64_t in_tile = size - tile * kPairTile < kPairTile ? size - tile * kPairTile : kPairTile;
  const int next = digit + 1 < kDigits ? counts[digit + 1][0] : int(in_tile);
  places[(run * kDigits + digit) * tiles + tile] = next - counts[digit][0];
}

// Block run: running sums over counts [runs,count].
static __global__ void __launch_bounds__(kBlock) scan_counts_kernel(int* __restrict__ counts, int64_t count) {
  int* own = counts + blockIdx.x * count;
  int before = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t i = begin + threadIdx.x;
    int total;
    const int sum = block_exclusive_scan(i < count ? own[i] : 0, total);
    if (i < count) own[i] = before + sum;
    before += total;
  }
}

static __global__ void __launch_bounds__(kBlock)
    move_pairs_kernel(Pairs from, Pairs to, const int* __restrict__ places, int64_t size, int64_t tiles, int shift) {
  SHARED_ARRAY(int, counts, [kDigits][kBlock]);
  const int64_t run = blockIdx.x / tiles, tile = blockIdx.x % tiles;
  const OwnPairs own = own_pairs(tile, size);
  count_digits(from.keys + run * size, own.begin, own.end, shift, counts);
  SHARED_ARRAY(int, first, [kDigits]);  // the place of each digit's first pair of this tile, less its number in the tile
  if (threadIdx.x < kDigits) first[threadIdx.x] = places[(run * kDigits + threadIdx.x) * tiles + tile] - counts[threadIdx.x][0];
  __syncthreads();
  for (int64_t i = own.begin; i < own.end; i++) {
    const uint32_t key = from.keys[run * size + i];
    const int digit = key >> shift & (kDigits - 1);
    const int64_t place = run * size + first[digit] + counts[digit][threadIdx.x]++;
    to.keys[place] = key;
    to.values[place] = from.values[run * size + i];
  }
}

inline Pairs scratch_pairs(Context& ctx, int64_t count) { return {ctx.scratch_array<uint32_t>(count), ctx.scratch_array<int32_t>(count)}; }

// Sorts by the low `bits` bits of the keys. Returns the pairs in order, in the memory of `pairs` or in scratch memory.
inline Pairs radix_sort(Context& ctx, Pairs pairs, int64_t runs, int64_t size, int bits) {
  if (runs == 0 || size == 0) return pairs;
  const int64_t tiles = (size + kPairTile - 1) / kPairTile;
  int* places = ctx.scratch_array<int>(runs * kDigits * tiles);  // [runs,digits,tiles]
  Pairs other = scratch_pairs(ctx, runs * size);
  const unsigned blocks = unsigned(runs * tiles);
  for (int shift = 0; shift < bits; shift += kDigitBits) {
    launch(count_digits_kernel, blocks, kBlock, 0, ctx.stream, pairs.keys, places, size, tiles, shift);
    launch(scan_counts_kernel, unsigned(runs), kBlock, 0, ctx.stream, places, kDigits * tiles);
    launch(move_pairs_kernel, blocks, kBlock, 0, ctx.stream, pairs, other, places, size, tiles, shift);
    const Pairs sorted = other;
    other = pairs;
    pairs = sorted;
  }
  return pairs;
}

}  // namespace convolt::CONVOLT_BACKEND
