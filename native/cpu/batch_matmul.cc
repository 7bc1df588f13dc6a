// Matrix products y [batch,m,n] = op(a) op(b) of matrices in order, or of one with all, by oneDNN.
#include "backend.h"

#include <algorithm>

#include "onednn.h"

namespace convolt::cpu {

void batch_matmul(Context&, Bufs in, Bufs out, const BatchMatmulParams& p) {
  const float *a = in[0].as<float>(), *b = in[1].as<float>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  if (in[0].numel == 0 || in[1].numel == 0) {
    std::fill_n(y, out[0].numel, 0.0f);
    return;
  }
  const int64_t size_a = int64_t(p.m) * p.k, size_b = int64_t(p.k) * p.n, size_y = int64_t(p.m) * p.n;
  const MatmulParams one{p.m, p.n, p.k, p.transposeA, p.transposeB};
  for (int64_t i = 0; i < p.batch; i++)
    onednn_matmul(one, a + (p.batchA == p.batch ? i * size_a : 0), b + (p.batchB == p.batch ? i * size_b : 0), 0.0f, y + i * size_y);
}

}  // namespace convolt::cpu
