// Max pooling with a one-byte window index, and its gradient. The first of equals wins; NaN is the largest of all;
// padding never wins. A window that holds only padding gives -infinity and no gradient.
#include "backend.h"

#include <cmath>

#include "parallel.h"
#include "window.h"

namespace convolt::cpu {
namespace {

VECTORIZED void take_larger(const float* x, float* y, uint8_t* index, int channels, uint8_t tap) {
  for (int c = 0; c < channels; c++) {
    const bool larger = x[c] > y[c] || (x[c] != x[c] && y[c] == y[c]);
    y[c] = larger ? x[c] : y[c];
    index[c] = larger ? tap : index[c];
  }
}

}  // namespace

void max_pool_forward(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  uint8_t* index = out[1].as<uint8_t>();
  if (out[0].numel == 0) return;
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    for_outputs(p, begin, end, [&](int64_t image, int z, int o, int q, int64_t output) {
      bool first = true;
      for_window(p, z, o, q, [&](int tap, int64_t offset) {
        const float* from = x + image * image_elements(p) + offset;
        if (first) {
          std::copy_n(from, p.c, y + output);
          std::fill_n(index + output, p.c, uint8_t(tap));
        } else {
          take_larger(from, y + output, index + output, p.c, uint8_t(tap));
        }
        first = false;
      });
      if (first) {
        std::fill_n(y + output, p.c, -INFINITY);
        std::fill_n(index + output, p.c, uint8_t(0));
      }
    });
  });
}

void max_pool_grad(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* dy = in[0].as<float>();
  const uint8_t* index = in[1].as<uint8_t>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    std::fill(dx + begin * image_elements(p), dx + end * image_elements(p), 0.0f);
    for_outputs(p, begin, end, [&](int64_t image, int z, int o, int q, int64_t output) {
      for_window(p, z, o, q, [&](int tap, int64_t offset) {
        float* to = dx + image * image_elements(p) + offset;
        for (int c = 0; c < p.c; c++) to[c] += index[output + c] == tap ? dy[output + c] : 0.0f;
      });
    });
  });
}

}  // namespace convolt::cpu
