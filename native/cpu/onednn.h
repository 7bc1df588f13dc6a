// All contact with oneDNN: its 3.x has another descriptor interface, so only onednn.cc includes its headers.
#pragma once

#include <string>

#include "abi.h"
#include "half.h"
#include "params.h"

namespace convolt {

// The library's version and the instruction set it uses, e.g. "2.6.3, avx512_core_bf16".
std::string onednn_version();

namespace cpu {

enum class ConvPass { forward, input_grad, weight_grad };

// The tensors of a convolution pass, of float or bf16; which of them is written depends on the pass.
template <class T>
struct ConvTensors {
  T* x;               // [n,d,h,w,c], or its gradient
  T* w;               // [k,t,r,s,c/groups], or its gradient
  const T* bias;      // [k], or nullptr
  const T* residual;  // like y, or nullptr
  T* y;               // [n,z,p,q,k], or its gradient
};
using ConvBuffers = ConvTensors<float>;

// Runs a pass; false, having done nothing, for parameters that oneDNN does not take, such as negative padding, and for
// bf16 where the processor has no instructions for it.
template <class T>
bool onednn_convolution(Context& ctx, ConvPass pass, const ConvParams& p, const ConvTensors<T>& tensors);

// y [m,n] = op(a) op(b) + beta y, all row by row.
void onednn_matmul(const MatmulParams& p, const float* a, const float* b, float beta, float* y);

// y [m,n] = op(a) op(b) + bias [n], which may be nullptr; false, having done nothing, as above.
bool onednn_matmul_bf16(Context& ctx, const MatmulParams& p, const bf16* a, const bf16* b, const bf16* bias, bf16* y);

}  // namespace cpu
}  // namespace convolt
