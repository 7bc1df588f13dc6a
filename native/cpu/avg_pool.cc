// Average pooling and its gradient. A window's sum is divided by a number of the caller's, or by the window's elements
// inside the image, with countPadding those in the image's padding too.
#include "backend.h"

#include "lanes.h"
#include "window.h"

namespace convolt::cpu {
namespace {

WindowScales average_scales(const PoolParams& p) {
  if (p.divisor != 0) return WindowScales(p, 1 / p.divisor);
  return WindowScales(p, 1, p.countPadding ? Counted::with_padding : Counted::inside);
}

// One row of outputs, y [q,c]; x is the image's first element.
VECTORIZED void avg_row(const PoolParams& p, const WindowScales& scales, const float* x, int z, int o, float* __restrict y) {
  const Taps ts(z, p.strideD, p.padD, p.dilationD, p.t, p.d), rs(o, p.strideH, p.padH, p.dilationH, p.r, p.h);
  for (int q = 0; q < p.q; q++, y += p.c) {
    const Taps ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
    const float scale = scales.of(z, o, q);
    for_channel_blocks(p.c, [&](auto shape, int c0) __attribute__((always_inline)) {
      using Block = decltype(shape);
      typename Block::Floats sum[Block::count] = {}, value;
      for (int t = ts.first; t < ts.last; t++)
        for (int r = rs.first; r < rs.last; r++)
          for (int s = ss.first; s < ss.last; s++) {
            const int64_t d = ts.origin + t * p.dilationD, h = rs.origin + r * p.dilationH, w = ss.origin + s * p.dilationW;
            const float* from = x + ((d * p.h + h) * p.w + w) * p.c + c0;
            for (int v = 0; v < Block::count; v++) {
              load(value, from + v * Block::lanes);
              sum[v] += value;
            }
          }
      for (int v = 0; v < Block::count; v++) store(sum[v] * scale, y + c0 + v * Block::lanes);
    });
  }
}

// One row of dx [w,c]; dy is the image's.
VECTORIZED void avg_row_grad(const PoolParams& p, const PoolHolders& holders, const WindowScales& scales, const float* dy, int d, int h,
                             float* __restrict dx) {
  const int first_z = holders.d.first[d], last_z = holders.d.last[d], first_p = holders.h.first[h], last_p = holders.h.last[h];
  for (int w = 0; w < p.w; w++, dx += p.c) {
    const int first_q = holders.w.first[w], last_q = holders.w.last[w];
    for_channel_blocks(p.c, [&](auto shape, int c0) __attribute__((always_inline)) {
      using Block = decltype(shape);
      typename Block::Floats sum[Block::count] = {}, value;
      for (int z = first_z; z <= last_z; z++)
        for (int o = first_p; o <= last_p; o++)
          for (int q = first_q; q <= last_q; q++) {
            if (holders.d.tap(d, z) < 0 || holders.h.tap(h, o) < 0 || holders.w.tap(w, q) < 0) continue;
            const float* from = dy + ((int64_t(z) * p.p + o) * p.q + q) * p.c + c0;
            const float scale = scales.of(z, o, q);
            for (int v = 0; v < Block::count; v++) {
              load(value, from + v * Block::lanes);
              sum[v] += value * scale;
            }
          }
      for (int v = 0; v < Block::count; v++) store(sum[v], dx + c0 + v * Block::lanes);
    });
  }
}

}  // namespace

void avg_pool_forward(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  const WindowScales scales = average_scales(p);
  for_output_rows(p, [&](int64_t image, int z, int o, int64_t output) {
    avg_row(p, scales, x + image * image_elements(p), z, o, y + output);
  });
}

void avg_pool_grad(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* dy = in[0].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  const PoolHolders holders(p);
  if (in[0].numel == 0) {
    std::fill_n(dx, out[0].numel, 0.0f);
    return;
  }
  const WindowScales scales = average_scales(p);
  for_input_rows(p, [&](int64_t image, int d, int h, int64_t input) {
    avg_row_grad(p, holders, scales, dy + image * output_elements(p), d, h, dx + input);
  });
}

}  // namespace convolt::cpu
