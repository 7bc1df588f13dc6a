// Convolution of an image that is normalised and clipped on the way, and its weight gradient, on the tensor cores, in 16 bits.
#pragma once

#include "backend.h"
#include "channel_affine.cuh"
#include "mma/epilogue.cuh"

namespace convolt::CONVOLT_BACKEND {

// Of what is_on_tensor_cores(). moments: as in implicit_gemm.cuh.
void normalized_conv_forward(Context& ctx, const Buf& x, const ChannelValues& values, const Buf& w, const Buf& bias, const Buf& y,
                             const ConvParams& p, TileMoments* moments);
void normalized_conv_weight_grad(Context& ctx, const Buf& x, const ChannelValues& values, const Buf& dy, const Buf& dw, const ConvParams& p);

}  // namespace convolt::CONVOLT_BACKEND
