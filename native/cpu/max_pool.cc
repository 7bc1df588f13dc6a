// Max pooling with a one-byte window index, and its gradient. The first of equals wins; NaN is the largest of all;
// padding never wins. A window that holds only padding gives -infinity and no gradient.
#include "backend.h"

#include <cmath>

#include "parallel.h"
#include "window.h"

namespace convolt::cpu {
namespace {

// The windows of one row of outputs: y, index [q,c]; x is the image's first element. One function with all its loops,
// since with few channels a call for each tap would cost more than the tap.
VECTORIZED void max_row(const PoolParams& p, const float* __restrict x, int z, int o, float* __restrict y, uint8_t* __restrict index) {
  const Taps ts(z, p.strideD, p.padD, p.dilationD, p.t, p.d), rs(o, p.strideH, p.padH, p.dilationH, p.r, p.h);
  const int channels = p.c;
  for (int q = 0; q < p.q; q++, y += channels, index += channels) {
    const Taps ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
    for (int c = 0; c < channels; c++) {
      y[c] = -INFINITY;
      index[c] = 0;
    }
    bool first = true;
    for (int t = ts.first; t < ts.last; t++)
      for (int r = rs.first; r < rs.last; r++)
        for (int s = ss.first; s < ss.last; s++) {
          const int64_t d = ts.origin + t * p.dilationD, h = rs.origin + r * p.dilationH, w = ss.origin + s * p.dilationW;
          const float* from = x + ((d * p.h + h) * p.w + w) * channels;
          const uint8_t tap = uint8_t((t * p.r + r) * p.s + s);
          for (int c = 0; c < channels; c++) {
            const bool larger = first || from[c] > y[c] || (from[c] != from[c] && y[c] == y[c]);
            y[c] = larger ? from[c] : y[c];
            index[c] = larger ? tap : index[c];
          }
          first = false;
        }
  }
}

// Hands dy of one row of outputs to the elements of dx that the indices name.
VECTORIZED void max_row_grad(const PoolParams& p, const float* __restrict dy, const uint8_t* __restrict index, int z, int o, float* __restrict dx) {
  const Taps ts(z, p.strideD, p.padD, p.dilationD, p.t, p.d), rs(o, p.strideH, p.padH, p.dilationH, p.r, p.h);
  const int channels = p.c;
  for (int q = 0; q < p.q; q++, dy += channels, index += channels) {
    const Taps ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
    for (int t = ts.first; t < ts.last; t++)
      for (int r = rs.first; r < rs.last; r++)
        for (int s = ss.first; s < ss.last; s++) {
          const int64_t d = ts.origin + t * p.dilationD, h = rs.origin + r * p.dilationH, w = ss.origin + s * p.dilationW;
          float* to = dx + ((d * p.h + h) * p.w + w) * channels;
          const uint8_t tap = uint8_t((t * p.r + r) * p.s + s);
          for (int c = 0; c < channels; c++) to[c] += index[c] == tap ? dy[c] : 0.0f;
        }
  }
}

// Calls row(image, z, o, output offset) for every row of outputs, images on all cores.
template <class Row>
void for_output_rows(const PoolParams& p, const Row& row) {
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; image++)
      for (int z = 0; z < p.z; z++)
        for (int o = 0; o < p.p; o++) row(image, z, o, ((image * p.z + z) * p.p + o) * p.q * p.c);
  });
}

}  // namespace

void max_pool_forward(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  uint8_t* index = out[1].as<uint8_t>();
  if (out[0].numel == 0) return;
  for_output_rows(p, [&](int64_t image, int z, int o, int64_t output) {
    max_row(p, x + image * image_elements(p), z, o, y + output, index + output);
  });
}

void max_pool_grad(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* dy = in[0].as<float>();
  const uint8_t* index = in[1].as<uint8_t>();
  float* dx = out[0].as<float>();
  std::fill_n(dx, out[0].numel, 0.0f);
  if (out[0].numel == 0 || in[0].numel == 0) return;
  for_output_rows(p, [&](int64_t image, int z, int o, int64_t output) {
    max_row_grad(p, dy + output, index + output, z, o, dx + image * image_elements(p));
  });
}

}  // namespace convolt::cpu
