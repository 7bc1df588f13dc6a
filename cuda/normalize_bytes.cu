// Bytes to floats, with a scale and a shift for each channel.
//
// Algorithm  one thread for four elements: 4 bytes in, 16 out.
// Shapes     x and y [rows,c], scale and shift [c].
// Bytes      5 an element.
// Bound by   memory.
#include "backend.h"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {

static __global__ void __launch_bounds__(kBlock)
    normalize_bytes_kernel(const uint8_t* __restrict__ x, const float* __restrict__ scale, const float* __restrict__ shift,
                           float* __restrict__ y, int64_t n, int64_t channels, bool aligned) {
  for_vectors<kVector<float>>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    float values[V];
    load(x + i, true, values);
    UNROLL
    for (int v = 0; v < V; v++) {
      const int64_t channel = (i + v) % channels;
      values[v] = values[v] * scale[channel] + shift[channel];
    }
    store(values, true, y + i);
  });
}

void normalize_bytes(Context& ctx, Bufs in, Bufs out, const ChannelsParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  const uint8_t* x = in[0].as<uint8_t>();
  float* y = out[0].as<float>();
  const bool aligned = are_aligned<kVector<float>>(x, y);
  launch(normalize_bytes_kernel, blocks_for_vectors<kVector<float>>(n, aligned), kBlock, 0, ctx.stream, x, in[1].as<float>(),
         in[2].as<float>(), y, n, p.c, aligned);
}

}  // namespace convolt::CONVOLT_BACKEND
