// Products on the tensor cores of sm_90a, whose operands the tensor memory accelerator brings; warpgroup_product.cu has the
// algorithm.
#pragma once

#include "abi.h"
#include "mma/matrix_product.cuh"
#include "params.h"

namespace convolt::CONVOLT_BACKEND {

// Does the device have these instructions, and was this compiled for them?
bool has_warpgroup_products();

// y [m,n] = epilogue of a [m,k] b [n,k]^T: neither operand is transposed but b, k is a multiple of 8, both are aligned to 16 bytes.
template <class T>
bool warpgroup_product_takes(const MatrixProduct<T>& p);
template <class T>
void warpgroup_product(Context& ctx, const MatrixProduct<T>& p);

// A convolution's forward pass over images, of 64 channels or a multiple of that in one group; x and w aligned to 16 bytes.
template <class T>
bool warpgroup_convolution_takes(const T* x, const T* w, const ConvParams& p);
template <class T>
void warpgroup_convolution(Context& ctx, const T* x, const T* w, const Epilogue<T>& epilogue, const ConvParams& p);

}  // namespace convolt::CONVOLT_BACKEND
