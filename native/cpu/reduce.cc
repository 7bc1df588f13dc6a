// Sums along the middle axis of x [outer,size,inner], and whether any or all bytes of it are set.
#include "reduce.h"

#include "backend.h"

namespace convolt::cpu {
namespace {

// dx [rows,inner]: in each row the scaled dy [inner].
VECTORIZED void spread(const float* dy, float scale, int64_t rows, int64_t inner, float* dx) {
  if (inner == 1) {
    std::fill_n(dx, rows, scale * *dy);
    return;
  }
  for (int64_t row = 0; row < rows; row++, dx += inner)
    for (int64_t i = 0; i < inner; i++) dx[i] = scale * dy[i];
}

}  // namespace

void sum(Context&, Bufs in, Bufs out, const ReduceParams& p) {
  float* y = out[0].as<float>();
  reduce_sum(in[0].as<float>(), p, [](float x, int64_t) { return x; }, [&](int64_t i, double sum) { y[i] = float(sum * p.scale); });
}

void sum_grad(Context&, Bufs in, Bufs out, const ReduceParams& p) {
  const float* dy = in[0].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  const int64_t rows = int64_t(p.outer) * p.size;
  parallel_for(rows, kElementGrain / p.inner + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end;) {  // those of one of `outer` after the other
      const int64_t outer = row / p.size, last = std::min(end, (outer + 1) * p.size);
      spread(dy + outer * p.inner, p.scale, last - row, p.inner, dx + row * p.inner);
      row = last;
    }
  });
}

void any(Context&, Bufs in, Bufs out, const AxisParams& p) {
  uint8_t* y = out[0].as<uint8_t>();
  reduce_sum(in[0].as<uint8_t>(), p, [](uint8_t x, int64_t) { return x != 0 ? 1.0f : 0.0f; },
             [&](int64_t i, double set) { y[i] = set > 0; });
}

void all(Context&, Bufs in, Bufs out, const AxisParams& p) {
  uint8_t* y = out[0].as<uint8_t>();
  reduce_sum(in[0].as<uint8_t>(), p, [](uint8_t x, int64_t) { return x == 0 ? 1.0f : 0.0f; },
             [&](int64_t i, double unset) { y[i] = unset == 0; });
}

}  // namespace convolt::cpu
