// Products along the middle axis of x [outer,size,inner], and their gradient. The product of the others is that of those
// before times that of those behind, since a division fails for zeros.
#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {

void product(Context&, Bufs in, Bufs out, const AxisParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  parallel_for(out[0].numel, kElementGrain / (p.size + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float* column = x + i / p.inner * p.size * p.inner + i % p.inner;  // [size], inner apart
      double product = 1;
      for (int64_t s = 0; s < p.size; s++) product *= column[s * p.inner];
      y[i] = float(product);
    }
  });
}

void product_grad(Context&, Bufs in, Bufs out, const AxisParams& p) {
  const float *x = in[0].as<float>(), *dy = in[1].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(in[1].numel, kElementGrain / p.size + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t first = i / p.inner * p.size * p.inner + i % p.inner;
      float before = dy[i], behind = 1;
      for (int64_t s = 0; s < p.size; s++) {
        dx[first + s * p.inner] = before;
        before *= x[first + s * p.inner];
      }
      for (int64_t s = p.size - 1; s >= 0; s--) {
        dx[first + s * p.inner] *= behind;
        behind *= x[first + s * p.inner];
      }
    }
  });
}

}  // namespace convolt::cpu
