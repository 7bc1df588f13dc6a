// Lp pooling, (sum |x|^p)^(1/p), and its gradient. An element that is 0 has the gradient 0.
#include "backend.h"

#include <cmath>

#include "window.h"

namespace convolt::cpu {
namespace {

// a^exponent for a >= 0.
inline float power(float a, float exponent) {
  return exponent == 1 ? a : exponent == 2 ? a * a : exponent == 0.5f ? std::sqrt(a) : std::pow(a, exponent);
}

// By how much a window's sum is multiplied: 1, but for windows that ceilMode cuts short, which stand for whole ones.
WindowScales fullness(const PoolParams& p) { return WindowScales(p, float(p.t) * float(p.r) * float(p.s), Counted::with_padding); }

// One row of outputs, y [q,c]; x is the image's first element.
VECTORIZED void lp_row(const PoolParams& p, const WindowScales& scales, const float* x, int z, int o, float* __restrict y) {
  const Taps ts(z, p.strideD, p.padD, p.dilationD, p.t, p.d), rs(o, p.strideH, p.padH, p.dilationH, p.r, p.h);
  for (int q = 0; q < p.q; q++, y += p.c) {
    const Taps ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
    std::fill_n(y, p.c, 0.0f);
    for (int t = ts.first; t < ts.last; t++)
      for (int r = rs.first; r < rs.last; r++)
        for (int s = ss.first; s < ss.last; s++) {
          const int64_t d = ts.origin + t * p.dilationD, h = rs.origin + r * p.dilationH, w = ss.origin + s * p.dilationW;
          const float* from = x + ((d * p.h + h) * p.w + w) * p.c;
          if (p.norm == 2)
            for (int c = 0; c < p.c; c++) y[c] += from[c] * from[c];
          else
            for (int c = 0; c < p.c; c++) y[c] += power(std::fabs(from[c]), p.norm);
        }
    const float scale = scales.of(z, o, q);
    for (int c = 0; c < p.c; c++) y[c] = power(y[c] * scale, 1 / p.norm);
  }
}

// One row of x and dx [w,c]; y and dy are the image's.
VECTORIZED void lp_row_grad(const PoolParams& p, const WindowScales& scales, const PoolHolders& holders, const float* x, const float* y,
                            const float* dy, int d, int h, float* __restrict dx) {
  for (int w = 0; w < p.w; w++, x += p.c, dx += p.c) {
    std::fill_n(dx, p.c, 0.0f);
    for (int z = holders.d.first[d]; z <= holders.d.last[d]; z++)
      for (int o = holders.h.first[h]; o <= holders.h.last[h]; o++)
        for (int q = holders.w.first[w]; q <= holders.w.last[w]; q++) {
          if (holders.d.tap(d, z) < 0 || holders.h.tap(h, o) < 0 || holders.w.tap(w, q) < 0) continue;
          const int64_t output = ((int64_t(z) * p.p + o) * p.q + q) * p.c;
          const float scale = scales.of(z, o, q);
          for (int c = 0; c < p.c; c++) {
            const float norm = y[output + c], value = x[c];
            const float ratio = norm != 0 ? std::fabs(value) / norm : 0.0f;
            dx[c] += value != 0 && norm != 0 ? std::copysign(power(ratio, p.norm - 1), value) * scale * dy[output + c] : 0.0f;
          }
        }
  }
}

}  // namespace

void lp_pool_forward(Context&, Bufs in, Bufs out, const PoolParams& p) {
  if (out[0].numel == 0) return;
  const WindowScales scales = fullness(p);
  for_output_rows(p, [&](int64_t image, int z, int o, int64_t output) {
    lp_row(p, scales, in[0].as<float>() + image * image_elements(p), z, o, out[0].as<float>() + output);
  });
}

void lp_pool_grad(Context&, Bufs in, Bufs out, const PoolParams& p) {
  if (out[0].numel == 0) return;
  if (in[2].numel == 0) {
    std::fill_n(out[0].as<float>(), out[0].numel, 0.0f);
    return;
  }
  const WindowScales scales = fullness(p);
  const PoolHolders holders(p);
  for_input_rows(p, [&](int64_t image, int d, int h, int64_t input) {
    const int64_t first = image * output_elements(p);
    lp_row_grad(p, scales, holders, in[0].as<float>() + input, in[1].as<float>() + first, in[2].as<float>() + first, d, h,
                out[0].as<float>() + input);
  });
}

}  // namespace convolt::cpu
