// Convolution and its gradients on the tensor cores; implicit_gemm.cu has the algorithm.
#pragma once

#include "backend.h"
#include "mma/epilogue.cuh"

namespace convolt::CONVOLT_BACKEND {

// Do these kernels run the convolution: by its algorithm, or where none is named because they are likely to be the fastest?
bool is_on_tensor_cores(const ConvParams& p, DType dtype);

// The three products, with the buffers of the ops of their names. moments: if given, those of y, in scratch memory; where y
// is so small that its depth is split it stays as it is.
void implicit_gemm_forward(Context& ctx, Bufs in, Bufs out, const ConvParams& p, TileMoments* moments = nullptr);
void implicit_gemm_input_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p);
void implicit_gemm_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p);

}  // namespace convolt::CONVOLT_BACKEND
