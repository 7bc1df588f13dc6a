// Products of matrices of 16-bit elements on the tensor cores; matrix_product.cu runs them through mma/gemm.cuh.
#pragma once

#include "abi.h"
#include "mma/epilogue.cuh"

namespace convolt::CONVOLT_BACKEND {

// y [m,n] = epilogue of op(a) [m,k] op(b) [k,n]. A transposed operand is stored the other way round.
template <class T>
struct MatrixProduct {
  int m, n, k;
  const T* a;
  bool transpose_a = false;
  const T* b;
  bool transpose_b = false;
  Epilogue<T> epilogue;
  TileMoments* moments = nullptr;  // see mma_gemm()
};

// No extent is 0, no matrix has 2^31 elements, and not both operands are transposed. T is bf16 or f16.
template <class T>
void mma_matrix_product(Context& ctx, const MatrixProduct<T>& p);

}  // namespace convolt::CONVOLT_BACKEND
