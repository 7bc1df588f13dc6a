// Non-maximum suppression: from the first of `order` on, a box is kept unless an earlier kept one of its group overlaps it.
//
// Algorithm  every pair is compared once, by a thread for each box and each 64 later ones: a word with a bit for each
//            that the box would suppress. Then one block goes through the boxes in order and collects the words of
//            those that are kept.
// Shapes     boxes [n,4] of corners x1, y1, x2, y2; order, group, keep [n]; words [n,ceil(n/64)].
// Bytes      n^2 / 8, written and read once.
// Bound by   arithmetic of the pairs for thousands of boxes; the walk in order for fewer.
#include "backend.h"
#include "box_overlap.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kWord = 64;

__global__ void __launch_bounds__(kBlock)
    overlap_kernel(const float* __restrict__ boxes, const int* __restrict__ order, const int* __restrict__ group,
                   uint64_t* __restrict__ words, int64_t words_per_box, NmsParams p) {
  for (int64_t i = first_element(); i < p.n * words_per_box; i += grid_threads()) {
    const int64_t first = i / words_per_box, begin = i % words_per_box * kWord;
    const int box = order[first];
    uint64_t word = 0;
    for (int bit = 0; bit < kWord; bit++) {
      const int64_t second = begin + bit;
      if (second <= first || second >= p.n) continue;
      if (overlap(boxes, group, box, order[second], p)) word |= uint64_t(1) << bit;
    }
    words[i] = word;
  }
}

// One block. Thread t keeps the words t, t + kBlock, … of what has been suppressed so far.
__global__ void __launch_bounds__(kBlock)
    keep_kernel(const uint64_t* __restrict__ words, uint64_t* __restrict__ suppressed, uint8_t* __restrict__ keep, int n, int64_t words_per_box) {
  for (int64_t i = threadIdx.x; i < words_per_box; i += kBlock) suppressed[i] = 0;
  __syncthreads();
  for (int64_t box = 0; box < n; box++) {
    const bool kept = !(suppressed[box / kWord] >> box % kWord & 1);
    __syncthreads();  // all have read the word before its owner changes it
    if (threadIdx.x == 0) keep[box] = kept;
    if (kept)
      for (int64_t i = threadIdx.x; i < words_per_box; i += kBlock) suppressed[i] |= words[box * words_per_box + i];
    __syncthreads();
  }
}

}  // namespace

void nms(Context& ctx, Bufs in, Bufs out, const NmsParams& p) {
  if (p.n == 0) return;
  const int64_t words_per_box = (p.n + kWord - 1) / kWord;
  uint64_t* words = ctx.scratch_array<uint64_t>(p.n * words_per_box);  // [n,words_per_box]
  uint64_t* suppressed = ctx.scratch_array<uint64_t>(words_per_box);
  launch(overlap_kernel, blocks_for(p.n * words_per_box), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(), in[2].as<int>(),
         words, words_per_box, p);
  launch(keep_kernel, 1, kBlock, 0, ctx.stream, words, suppressed, out[0].as<uint8_t>(), p.n, words_per_box);
}

}  // namespace convolt::CONVOLT_BACKEND
