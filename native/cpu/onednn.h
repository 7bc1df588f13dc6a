// All contact with oneDNN: its 3.x has another descriptor interface, so only onednn.cc includes its headers.
#pragma once

#include <string>

#include "abi.h"
#include "params.h"

namespace convolt {

// The library's version and the instruction set it uses, e.g. "2.6.3, avx512_core_bf16".
std::string onednn_version();

namespace cpu {

enum class ConvPass { forward, input_grad, weight_grad };

// The buffers of a convolution pass; which of them is written depends on the pass.
struct ConvBuffers {
  float* x;               // [n,d,h,w,c], or its gradient
  float* w;               // [k,t,r,s,c/groups], or its gradient
  const float* bias;      // [k], or nullptr
  const float* residual;  // like y, or nullptr
  float* y;               // [n,z,p,q,k], or its gradient
};

// Runs a pass; false, having done nothing, for parameters that oneDNN does not take, such as negative padding.
bool onednn_convolution(Context& ctx, ConvPass pass, const ConvParams& p, const ConvBuffers& buffers);

// y [m,n] = op(a) op(b) + beta y, all row by row.
void onednn_matmul(const MatmulParams& p, const float* a, const float* b, float beta, float* y);

}  // namespace cpu
}  // namespace convolt
