// Products of matrices as operands of mma/warpgroup_gemm.cuh, which has the algorithm and says what bounds it.
#include "mma/warpgroup_product.cuh"

#include "mma/warpgroup_gemm.cuh"

namespace convolt::CONVOLT_BACKEND {

bool has_warpgroup_products() {
#if defined(__CUDACC__) && !defined(CONVOLT_HAS_SM_90A)
  return false;
#else
  return compute_capability() == 90 || kEmulated;
#endif
}

template <class T>
bool warpgroup_product_takes(const MatrixProduct<T>& p) {
  using namespace warpgroups;
  const bool fits = int64_t(p.m) + kTileM <= INT32_MAX && int64_t(p.n) + kTileN <= INT32_MAX && int64_t(p.k) + kStepDepth <= INT32_MAX;
  return has_warpgroup_products() && fits && in_tensor_map(p.a, p.transpose_a ? p.m : p.k) && in_tensor_map(p.b, p.transpose_b ? p.k : p.n);
}

template <class T>
void warpgroup_product(Context& ctx, const MatrixProduct<T>& p) {
  using namespace warpgroups;
  const int steps = steps_of(p.k);
  if (p.transpose_a) warpgroup_gemm(ctx, matrix_columns(p.a, p.k, p.m), matrix_columns(p.b, p.k, p.n), p.m, p.n, steps, p.epilogue, p.moments);
  else if (p.transpose_b) warpgroup_gemm(ctx, matrix_rows(p.a, p.m, p.k), matrix_rows(p.b, p.n, p.k), p.m, p.n, steps, p.epilogue, p.moments);
  else warpgroup_gemm(ctx, matrix_rows(p.a, p.m, p.k), matrix_columns(p.b, p.k, p.n), p.m, p.n, steps, p.epilogue, p.moments);
}

#define INSTANTIATE(T)                                               \
  template bool warpgroup_product_takes<T>(const MatrixProduct<T>&); \
  template void warpgroup_product<T>(Context&, const MatrixProduct<T>&);
INSTANTIATE(bf16)
INSTANTIATE(f16)
#undef INSTANTIATE

}  // namespace convolt::CONVOLT_BACKEND
