// Matrix product y [m,n] = op(a) op(b) + bias [n], by oneDNN.
#include "backend.h"

#include <algorithm>

#include "onednn.h"
#include "products_bf16.h"

namespace convolt::cpu {

void matmul(Context&, Bufs in, Bufs out, const MatmulParams& p) {
  float* y = out[0].as<float>();
  const float* bias = in[2].as<float>();
  if (out[0].numel == 0) return;
  for (int64_t row = 0; row < p.m && bias; row++) std::copy_n(bias, p.n, y + row * p.n);
  if (p.k > 0) onednn_matmul(p, in[0].as<float>(), in[1].as<float>(), bias ? 1.0f : 0.0f, y);
  else if (!bias) std::fill_n(y, out[0].numel, 0.0f);
}

bool matmul_bf16(Context& ctx, Bufs in, Bufs out, const MatmulParams& p) {
  if (in[0].dtype != DType::bf16 || out[0].numel == 0 || p.k == 0) return false;
  return onednn_matmul_bf16(ctx, p, in[0].as<bf16>(), in[1].as<bf16>(), in[2].as<bf16>(), out[0].as<bf16>());
}

}  // namespace convolt::cpu
