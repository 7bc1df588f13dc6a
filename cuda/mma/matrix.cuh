// A matrix as an operand of a product on the tensor cores.
#pragma once

#include "mma/tile.cuh"

namespace convolt::CONVOLT_BACKEND {

// Element (i, k) at first + i * pitch + k if depth-major, at first + k * pitch + i if outer-major.
template <class T, Major MAJOR>
struct Matrix {
  using Element = T;
  static constexpr Major kMajor = MAJOR;
  struct Place {
    int64_t offset;  // negative: outside
  };
  using Outer = Place;
  using Depth = Place;

  const T* data;
  int64_t pitch;
  int64_t first = 0;

  DEV Outer outer(int i, bool inside) const { return {inside ? first + i * (MAJOR == Major::depth ? pitch : 1) : -1}; }
  DEV Depth depth(int k, bool inside) const { return {inside ? k * (MAJOR == Major::depth ? 1 : pitch) : -1}; }
  DEV const T* at(Outer outer, Depth depth) const {
    return (outer.offset | depth.offset) < 0 ? nullptr : data + outer.offset + depth.offset;
  }
};

inline bool aligned_to_chunks(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % kChunkBytes == 0; }

// May whole chunks of the matrix be copied?
template <class T, Major MAJOR>
bool in_chunks(const Matrix<T, MAJOR>& matrix, int64_t outer, int64_t depth) {
  return aligned_to_chunks(matrix.data) && matrix.pitch % kChunk<T> == 0 && (MAJOR == Major::depth ? depth : outer) % kChunk<T> == 0;
}

}  // namespace convolt::CONVOLT_BACKEND
