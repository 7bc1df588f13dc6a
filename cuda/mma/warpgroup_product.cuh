// Products on the tensor cores of sm_90a, whose operands the tensor memory accelerator brings; warpgroup_gemm.cuh has the
// algorithm.
#pragma once

#include "abi.h"
#include "mma/matrix_product.cuh"

namespace convolt::CONVOLT_BACKEND {

// Does the device have these instructions, and was this compiled for them?
bool has_warpgroup_products();

// Not where both operands are transposed, and only where the rows of both, as they are stored, are multiples of 16 bytes.
template <class T>
bool warpgroup_product_takes(const MatrixProduct<T>& p);
template <class T>
void warpgroup_product(Context& ctx, const MatrixProduct<T>& p);

}  // namespace convolt::CONVOLT_BACKEND
