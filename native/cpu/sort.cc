// The first elements of each middle axis of x [outer,size,inner] in sorted order, with their places. Equals stay in their
// order, in both directions; NaN is larger than all numbers.
#include "backend.h"

#include <algorithm>
#include <vector>

#include "parallel.h"
#include "sort_key.h"

namespace convolt::cpu {
namespace {

// Sorts by the upper 32 bits, eight at a time from the lowest; `other` is as long as `order`.
void radix_sort(std::vector<uint64_t>& order, std::vector<uint64_t>& other) {
  for (int shift = 32; shift < 64; shift += 8) {
    size_t places[257] = {};
    for (uint64_t pair : order) places[(pair >> shift & 255) + 1]++;
    for (int digit = 0; digit < 256; digit++) places[digit + 1] += places[digit];
    for (uint64_t pair : order) other[places[pair >> shift & 255]++] = pair;
    order.swap(other);
  }
}

}  // namespace

void sort(Context&, Bufs in, Bufs out, const SortParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  int32_t* index = out[1].as<int32_t>();
  if (out[0].numel == 0 || p.count > p.size) return;
  parallel_for(int64_t(p.outer) * p.inner, kElementGrain / 16 / p.size + 1, [&](int64_t begin, int64_t end) {
    std::vector<uint64_t> order(p.size), other(p.size);  // key and place of each element: no two are equal
    for (int64_t run = begin; run < end; run++) {
      const int64_t outer = run / p.inner, inner = run % p.inner;
      const float* column = x + outer * p.size * p.inner + inner;  // [size], inner apart
      for (int64_t s = 0; s < p.size; s++) order[s] = uint64_t(sort_key(column[s * p.inner], p.descending)) << 32 | uint64_t(s);
      constexpr int64_t worth_four_passes = 256;
      if (p.count < p.size / 8) std::partial_sort(order.begin(), order.begin() + p.count, order.end());
      else if (p.size < worth_four_passes) std::sort(order.begin(), order.end());
      else radix_sort(order, other);
      for (int64_t place = 0; place < p.count; place++) {
        const int64_t to = (outer * p.count + place) * p.inner + inner, at = int64_t(order[place] & 0xffffffff);
        y[to] = column[at * p.inner];
        index[to] = int32_t(at);
      }
    }
  });
}

}  // namespace convolt::cpu
