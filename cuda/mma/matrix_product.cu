// Products of matrices as operands of mma/gemm.cuh, which has the algorithm and says what bounds it.
#include "mma/matrix_product.cuh"

#include "mma/gemm.cuh"

namespace convolt::CONVOLT_BACKEND {

template <Major A, Major B, class T>
static void multiply(Context& ctx, const MatrixProduct<T>& p) {
  const Matrix<T, A> a{p.a, A == Major::depth ? p.k : p.m};
  const Matrix<T, B> b{p.b, B == Major::depth ? p.k : p.n};
  mma_gemm(ctx, a, b, p.m, p.n, p.k, in_chunks(a, p.m, p.k) && in_chunks(b, p.n, p.k), p.epilogue, {.y_row = p.n}, p.moments);
}

template <class T>
void mma_matrix_product(Context& ctx, const MatrixProduct<T>& p) {
  if (p.transpose_a) multiply<Major::outer, Major::outer>(ctx, p);
  else if (p.transpose_b) multiply<Major::depth, Major::depth>(ctx, p);
  else multiply<Major::depth, Major::outer>(ctx, p);
}

template void mma_matrix_product<bf16>(Context&, const MatrixProduct<bf16>&);
template void mma_matrix_product<f16>(Context&, const MatrixProduct<f16>&);

}  // namespace convolt::CONVOLT_BACKEND
