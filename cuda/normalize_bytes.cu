// Bytes to floats, with a scale and a shift for each channel.
//
// Algorithm  one thread for each element.
// Shapes     x and y [rows,c], scale and shift [c].
// Bytes      5 an element.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

static __global__ void __launch_bounds__(kBlock)
    normalize_bytes_kernel(const uint8_t* __restrict__ x, const float* __restrict__ scale, const float* __restrict__ shift,
                           float* __restrict__ y, int64_t n, int64_t channels) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = float(x[i]) * scale[i % channels] + shift[i % channels];
}

void normalize_bytes(Context& ctx, Bufs in, Bufs out, const ChannelsParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  launch(normalize_bytes_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<uint8_t>(), in[1].as<float>(), in[2].as<float>(),
         out[0].as<float>(), n, p.c);
}

}  // namespace convolt::CONVOLT_BACKEND
