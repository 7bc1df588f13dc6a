// Bytes to floats, with a scale and a shift for each channel.
#include <algorithm>

#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

// The factors of channels repeat along a row; a tile of them that is long enough to be a loop of its own.
constexpr int kTile = 96;

VECTORIZED void normalize_tile(const uint8_t* x, const float* scale, const float* shift, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = float(x[i]) * scale[i] + shift[i];
}

}  // namespace

void normalize_bytes(Context&, Bufs in, Bufs out, const ChannelsParams& p) {
  const uint8_t* x = in[0].as<uint8_t>();                             // [rows,c]
  const float *scale = in[1].as<float>(), *shift = in[2].as<float>();  // [c]
  float* y = out[0].as<float>();                                      // [rows,c]
  const int64_t rows = p.rows, c = p.c;
  if (c == 0) return;
  const int64_t rows_of_tile = std::max<int64_t>(1, kTile / c);
  if (c > kTile) {
    parallel_for(rows, std::max<int64_t>(1, kElementGrain / c), [=](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) normalize_tile(x + row * c, scale, shift, y + row * c, c);
    });
    return;
  }
  float scales[kTile], shifts[kTile];
  for (int64_t i = 0; i < rows_of_tile * c; i++) scales[i] = scale[i % c], shifts[i] = shift[i % c];
  parallel_for(rows, std::max<int64_t>(1, kElementGrain / c), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row += rows_of_tile)
      normalize_tile(x + row * c, scales, shifts, y + row * c, std::min(rows_of_tile, end - row) * c);
  });
}

}  // namespace convolt::cpu
