// Convolution and its gradients on the tensor cores; implicit_gemm.cu has the algorithm.
#pragma once

#include "backend.h"

namespace convolt::CONVOLT_BACKEND {

// Do these kernels take the convolution? They take 16-bit types, and float32 where it may be rounded to TF32; and no empty
// tensors.
bool implicit_gemm_takes(const ConvParams& p, DType dtype);

// Are they likely to be the fastest? Not for groups that are hardly more than depthwise, nor for packs of them that cannot be
// copied by whole chunks.
bool implicit_gemm_suits(const ConvParams& p);

// The three products, with the buffers of the ops of their names.
void implicit_gemm_forward(Context& ctx, Bufs in, Bufs out, const ConvParams& p);
void implicit_gemm_input_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p);
void implicit_gemm_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p);

}  // namespace convolt::CONVOLT_BACKEND
