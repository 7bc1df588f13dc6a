// Convolution of images and its gradients on the tensor cores of sm_90a; warpgroup_convolution.cu has the algorithm.
#pragma once

#include "abi.h"
#include "mma/epilogue.cuh"
#include "params.h"

namespace convolt::CONVOLT_BACKEND {

// Each pass takes images in one group, tensors aligned to 16 bytes, strides up to 8, and windows whose corners lie in
// [-128,127] beyond the image. Forward and weight gradient: channels in 64s; both gradients: filters in eights; the input
// gradient: channels in eights. moments: those of y where the depth is whole, as in mma_gemm().
template <class T>
bool warpgroup_convolution_takes(const T* x, const T* w, const ConvParams& p);
template <class T>
void warpgroup_convolution(Context& ctx, const T* x, const T* w, const Epilogue<T>& epilogue, const ConvParams& p, TileMoments* moments);

template <class T>
bool warpgroup_input_grad_takes(const T* dy, const T* w, const ConvParams& p);
template <class T>
void warpgroup_input_grad(Context& ctx, const T* dy, const T* w, T* dx, const ConvParams& p);

template <class T>
bool warpgroup_weight_grad_takes(const T* x, const T* dy, const ConvParams& p);
template <class T>
void warpgroup_weight_grad(Context& ctx, const T* x, const T* dy, T* dw, const ConvParams& p);

}  // namespace convolt::CONVOLT_BACKEND
