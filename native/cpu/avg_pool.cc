// Average pooling and its gradient. With countPadding a window's sum is divided by t*r*s, else by its elements inside
// the image.
#include "backend.h"

#include "parallel.h"
#include "window.h"

namespace convolt::cpu {
namespace {

float window_scale(const PoolParams& p, int z, int o, int q) {
  if (p.countPadding) return 1.0f / (float(p.t) * p.r * p.s);
  const int inside = Taps(z, p.strideD, p.padD, p.dilationD, p.t, p.d).count() * Taps(o, p.strideH, p.padH, p.dilationH, p.r, p.h).count() *
                     Taps(q, p.strideW, p.padW, p.dilationW, p.s, p.w).count();
  return 1.0f / float(inside > 0 ? inside : 1);
}

}  // namespace

void avg_pool_forward(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    for_outputs(p, begin, end, [&](int64_t image, int z, int o, int q, int64_t output) {
      std::fill_n(y + output, p.c, 0.0f);
      for_window(p, z, o, q, [&](int, int64_t offset) {
        const float* from = x + image * image_elements(p) + offset;
        for (int c = 0; c < p.c; c++) y[output + c] += from[c];
      });
      const float scale = window_scale(p, z, o, q);
      for (int c = 0; c < p.c; c++) y[output + c] *= scale;
    });
  });
}

void avg_pool_grad(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* dy = in[0].as<float>();
  float* dx = out[0].as<float>();
  std::fill_n(dx, out[0].numel, 0.0f);
  if (out[0].numel == 0 || in[0].numel == 0) return;
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    for_outputs(p, begin, end, [&](int64_t image, int z, int o, int q, int64_t output) {
      const float scale = window_scale(p, z, o, q);
      for_window(p, z, o, q, [&](int, int64_t offset) {
        float* to = dx + image * image_elements(p) + offset;
        for (int c = 0; c < p.c; c++) to[c] += dy[output + c] * scale;
      });
    });
  });
}

}  // namespace convolt::cpu
