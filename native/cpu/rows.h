// Walks of broadcast operands: runs along the last axis, in the order of the dense result.
#pragma once

#include <algorithm>
#include <array>

#include "params.h"
#include "parallel.h"

namespace convolt::cpu {

template <int operands>
struct Rows {
  const int32_t* shape;  // [kMaxRank]
  std::array<const int32_t*, operands> strides;

  int64_t inner() const { return shape[kMaxRank - 1]; }
  int64_t inner_stride(int k) const { return strides[k][kMaxRank - 1]; }

  // Calls run(first, at, n) for runs of n elements: `first` is the place in the result, at[k] that in operand k.
  template <class Run>
  void walk(int64_t count, const Run& run) const {
    if (count == 0) return;
    if (count == inner()) {  // one long run, as dense operands give after their axes have been merged
      return parallel_for(count, kElementGrain, [&](int64_t begin, int64_t end) {
        std::array<int64_t, operands> at;
        for (int k = 0; k < operands; k++) at[k] = begin * inner_stride(k);
        run(begin, at, end - begin);
      });
    }
    parallel_for(count / inner(), kElementGrain / inner() + 1, [&](int64_t begin, int64_t end) { walk_rows(begin, end, run); });
  }

 private:
  template <class Run>
  void walk_rows(int64_t begin, int64_t end, const Run& run) const {
    constexpr int outer_axes = kMaxRank - 1;
    int64_t place[outer_axes], rest = begin;
    std::array<int64_t, operands> at{};
    for (int axis = outer_axes - 1; axis >= 0; axis--) {
      place[axis] = rest % shape[axis];
      rest /= shape[axis];
      for (int k = 0; k < operands; k++) at[k] += place[axis] * strides[k][axis];
    }
    for (int64_t row = begin; row < end; row++) {
      run(row * inner(), at, inner());
      for (int axis = outer_axes - 1; axis >= 0; axis--) {  // the next row
        for (int k = 0; k < operands; k++) at[k] += strides[k][axis];
        if (++place[axis] < shape[axis]) break;
        for (int k = 0; k < operands; k++) at[k] -= int64_t(shape[axis]) * strides[k][axis];
        place[axis] = 0;
      }
    }
  }
};

constexpr int64_t kBlockElements = 512;

// Up to kBlockElements elements of a run as a dense array: in place where they are one, else in `copy`.
template <class T>
const T* dense_block(const T* from, int64_t stride, int64_t n, T* copy, bool first_of_run) {
  if (stride == 1) return from;
  if (stride == 0) {
    if (first_of_run)
      for (int64_t i = 0; i < n; i++) copy[i] = *from;
  } else {
    for (int64_t i = 0; i < n; i++) copy[i] = from[i * stride];
  }
  return copy;
}

}  // namespace convolt::cpu
