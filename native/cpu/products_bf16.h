// Convolution and matrix products in bfloat16 as it is, without copies in float; false, having done nothing, where oneDNN has none for
// the processor or the parameters, or the tensors are of another type. Not weight gradients: oneDNN 2.6.3 gets about one problem in a
// thousand wrong (of 3 x 4 taps over 57 columns; of taps that only ever see padding, whose gradient it leaves as it lay in memory).
#pragma once

#include "abi.h"
#include "params.h"

namespace convolt::cpu {

bool conv_forward_bf16(Context& ctx, Bufs in, Bufs out, const ConvParams& p);
bool conv_input_grad_bf16(Context& ctx, Bufs in, Bufs out, const ConvParams& p);
bool matmul_bf16(Context& ctx, Bufs in, Bufs out, const MatmulParams& p);

}  // namespace convolt::cpu
