// Convolution and matrix products in bfloat16 as it is, without copies in float; false, having done nothing, where oneDNN has none
// for the processor or the parameters, or the tensors are of another type. Gradients of convolutions are not among them: oneDNN
// 2.6.3 gets some wrong, of the input for an odd number of filters, of weights for one problem in a thousand.
#pragma once

#include "abi.h"
#include "params.h"

namespace convolt::cpu {

bool conv_forward_bf16(Context& ctx, Bufs in, Bufs out, const ConvParams& p);
bool matmul_bf16(Context& ctx, Bufs in, Bufs out, const MatmulParams& p);

}  // namespace convolt::cpu
