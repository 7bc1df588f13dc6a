// Elements by their places along the middle axis, and the sum of elements into such places. A place outside of the
// axis reads as NaN, and takes nothing in.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {
namespace {

// y [n] of source [size].
VECTORIZED void gather_elements(const float* source, const int32_t* index, float* y, int64_t n, int32_t size) {
  for (int64_t i = 0; i < n; i++) {
    const bool inside = uint32_t(index[i]) < uint32_t(size);
    y[i] = inside ? source[index[i]] : NAN;
  }
}

// y [rows,inner] of source [size,inner].
VECTORIZED void gather_rows(const float* source, const int32_t* index, float* y, int64_t rows, int32_t size, int64_t inner) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < inner; i++) {
      const int64_t at = index[row * inner + i];
      y[row * inner + i] = at >= 0 && at < size ? source[at * inner + i] : NAN;
    }
}

}  // namespace

void gather(Context&, Bufs in, Bufs out, const GatherParams& p) {
  const float* x = in[0].as<float>();
  const int32_t* index = in[1].as<int32_t>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(int64_t(p.outer) * p.count, kElementGrain / p.inner + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end;) {  // those of one of `outer` after the other
      const int64_t outer = row / p.count, last = std::min(end, (outer + 1) * p.count), first = row * p.inner;
      const float* source = x + outer * p.size * p.inner;
      if (p.inner == 1) gather_elements(source, index + first, y + first, last - row, p.size);
      else gather_rows(source, index + first, y + first, last - row, p.size, p.inner);
      row = last;
    }
  });
}

void scatter_add(Context&, Bufs in, Bufs out, const GatherParams& p) {
  const float* dy = in[0].as<float>();
  const int32_t* index = in[1].as<int32_t>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  const int64_t each = int64_t(p.size) * p.inner, entries = int64_t(p.count) * p.inner;
  parallel_for(p.outer, kElementGrain / (each + entries) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t outer = begin; outer < end; outer++) {
      float* target = dx + outer * each;  // [size,inner]
      std::fill_n(target, each, 0.0f);
      for (int64_t l = 0; l < p.count; l++) {
        for (int64_t i = 0; i < p.inner; i++) {
          const int64_t from = (outer * p.count + l) * p.inner + i, at = index[from];
          if (at >= 0 && at < p.size) target[at * p.inner + i] += dy[from];
        }
      }
    }
  });
}

}  // namespace convolt::cpu
