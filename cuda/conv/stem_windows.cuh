// The windows of a stem as rows of a matrix, whose elements lie in a patch of the image, and the filters as its columns.
#pragma once

#include "conv/stem_patch.cuh"

namespace convolt::CONVOLT_BACKEND {

// Windows as rows of a matrix. A row of a window begins `skew` elements early, so that its pairs of elements begin at even
// places.
struct WindowDepth {
  int skew, row, depth;

  HOST_DEVICE explicit WindowDepth(const Stem& stem)
      : skew(stem.lead % 2), row((skew + stem.window + 1) / 2 * 2), depth((stem.r * row + kStemRow - 1) / kStemRow * kStemRow) {}
  HOST_DEVICE int filter_pitch() const { return depth + 8; }  // eight filters lie in different banks
};

// Two neighbours along the depth: where they lie in the patch, and which of them belong to the window.
struct WindowPair {
  int place;
  uint32_t mask;
};

DEV void lay_out_pairs(WindowPair* pairs, const Stem& stem, const WindowDepth& window) {
  for (int i = threadIdx.x; i < window.depth / 2; i += int(blockDim.x)) {
    const int r = 2 * i / window.row, element = 2 * i % window.row - window.skew;
    const uint32_t low = element >= 0 ? 0xffff : 0, high = element + 1 < stem.window ? 0xffff0000 : 0;
    pairs[i] = r < stem.r ? WindowPair{r * stem.dilation_h * stem.pitch + element, low | high} : WindowPair{-window.skew, 0};
  }
}

// Filters from `first` on as [COLUMNS][filter_pitch].
template <class T, int COLUMNS>
DEV void lay_out_filters(T* filters, const T* w, int first, const Stem& stem, const WindowDepth& window) {
  for (int i = threadIdx.x; i < COLUMNS * window.depth; i += int(blockDim.x)) {
    const int column = i / window.depth, k = i % window.depth, r = k / window.row, element = k % window.row - window.skew;
    const bool inside = first + column < stem.k && r < stem.r && element >= 0 && element < stem.window;
    const int64_t place = (int64_t(first + column) * stem.r + r) * stem.window + element;
    filters[column * window.filter_pitch() + k] = inside ? w[place] : narrow<T>(0.0f);
  }
}

// As a register holds them.
template <class T>
DEV uint32_t pair_of(T low, T high) {
  uint16_t halves[2];
  memcpy(&halves[0], &low, sizeof low);
  memcpy(&halves[1], &high, sizeof high);
  return halves[0] | uint32_t(halves[1]) << 16;
}

// Two neighbours. EVEN: the first lies at an even place.
template <bool EVEN, class T>
DEV uint32_t pair_at(const T* first) {
  if constexpr (EVEN) return *reinterpret_cast<const uint32_t*>(first);
  else return pair_of(first[0], first[1]);
}

}  // namespace convolt::CONVOLT_BACKEND
