// Where broadcast operands have the elements that belong to one element of a dense result.
#pragma once

#include <initializer_list>

#include "device/device.cuh"
#include "params.h"

namespace convolt {

template <int operands>
struct Offsets {
  int64_t of[operands];
};

// Extents from the last axis to the first, without those of extent 1.
template <int operands>
struct Walk {
  int rank;
  bool dense;  // every operand has the layout of the result
  bool short_index;  // the result's count fits 32 bits, in which division is many times faster
  uint32_t extent[kMaxRank];
  int32_t stride[operands][kMaxRank];

  template <class Index>
  DEV Offsets<operands> strided(Index i) const {
    Offsets<operands> result{};
    UNROLL
    for (int axis = 0; axis < kMaxRank; axis++) {
      if (axis >= rank) break;
      const Index rest = i / extent[axis];
      const int64_t at = int64_t(i - rest * extent[axis]);
      UNROLL for (int k = 0; k < operands; k++) result.of[k] += at * stride[k][axis];
      i = rest;
    }
    return result;
  }

  // Whether each operand has any V elements of the result, from a multiple of V on, as neighbours from a multiple of V on, or
  // as one and the same. Their step there is stride[operand][0].
  bool has_vectors(int V) const {
    if (dense) return true;
    if (extent[0] % V != 0) return false;
    for (const auto& steps : stride) {
      if (steps[0] != 0 && steps[0] != 1) return false;
      for (int axis = 1; axis < rank; axis++)
        if (steps[0] == 1 && steps[axis] % V != 0) return false;
    }
    return true;
  }

  // Of element i, counted in the order of the result.
  DEV Offsets<operands> offsets(int64_t i) const {
    if (dense) {
      Offsets<operands> result;
      UNROLL for (int k = 0; k < operands; k++) result.of[k] = i;
      return result;
    }
    return short_index ? strided(uint32_t(i)) : strided(uint64_t(i));
  }
};

template <int operands>
Walk<operands> make_walk(const int32_t* shape, std::initializer_list<const int32_t*> strides) {
  Walk<operands> walk{};
  walk.dense = true;
  int64_t count = 1;
  for (int axis = kMaxRank - 1; axis >= 0; axis--) {
    if (shape[axis] == 1) continue;
    walk.extent[walk.rank] = uint32_t(shape[axis]);
    int k = 0;
    for (const int32_t* stride : strides) {
      walk.stride[k++][walk.rank] = stride[axis];
      if (stride[axis] != count) walk.dense = false;
    }
    count *= shape[axis];
    walk.rank++;
  }
  walk.short_index = count <= UINT32_MAX;
  return walk;
}

}  // namespace convolt
