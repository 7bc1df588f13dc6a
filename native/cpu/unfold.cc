// The elements under each window as a tensor of their own, and the sum of such tensors where windows lie.
#include "backend.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"
#include "window.h"

namespace convolt::cpu {

void unfold(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* x = in[0].as<float>();  // [n,d,h,w,c]
  float* y = out[0].as<float>();       // [n,z,p,q,t,r,s,c]
  if (out[0].numel == 0) return;
  const int64_t window = int64_t(p.t) * p.r * p.s;
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    for_outputs(p, begin, end, [&](int64_t image, int z, int o, int q, int64_t output) {
      float* to = y + output * window;  // [t,r,s,c]
      std::fill_n(to, window * p.c, 0.0f);
      for_window(p, z, o, q, [&](int tap, int64_t offset) {
        std::memcpy(to + int64_t(tap) * p.c, x + image * image_elements(p) + offset, size_t(p.c) * sizeof(float));
      });
    });
  });
}

void fold(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* y = in[0].as<float>();  // [n,z,p,q,t,r,s,c]
  float* x = out[0].as<float>();       // [n,d,h,w,c]
  if (out[0].numel == 0) return;
  const int64_t window = int64_t(p.t) * p.r * p.s;
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    std::fill(x + begin * image_elements(p), x + end * image_elements(p), 0.0f);
    for_outputs(p, begin, end, [&](int64_t image, int z, int o, int q, int64_t output) {
      const float* from = y + output * window;  // [t,r,s,c]
      for_window(p, z, o, q, [&](int tap, int64_t offset) {
        float* to = x + image * image_elements(p) + offset;
        for (int64_t c = 0; c < p.c; c++) to[c] += from[int64_t(tap) * p.c + c];
      });
    });
  });
}

}  // namespace convolt::cpu
