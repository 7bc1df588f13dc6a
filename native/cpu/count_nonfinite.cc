// How many elements are NaN or infinite.
#include "backend.h"

#include <atomic>

#include "half.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

VECTORIZED int32_t count_range(const float* x, int64_t n) {
  int32_t count = 0;
  for (int64_t i = 0; i < n; i++) count += (bits_of(x[i]) & 0x7f800000) == 0x7f800000;
  return count;
}

}  // namespace

void count_nonfinite(Context&, Bufs in, Bufs out, const NoParams&) {
  const float* x = in[0].as<float>();
  std::atomic<int32_t> total = 0;
  parallel_for(in[0].numel, kElementGrain, [&](int64_t begin, int64_t end) { total += count_range(x + begin, end - begin); });
  *out[0].as<int32_t>() = total;
}

}  // namespace convolt::cpu
