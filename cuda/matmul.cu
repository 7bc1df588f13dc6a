// Matrix product y [m,n] = op(a) [m,k] op(b) [k,n] + bias [n]: on the tensor cores in 16-bit types (mma/gemm.cuh), else by the
// tiled product in gemm.cuh; they say what bounds them. A transposed operand is stored the other way round.
#include "backend.h"
#include "gemm.cuh"
#include "mma/matrix_product.cuh"

namespace convolt::CONVOLT_BACKEND {

static bool on_tensor_cores(Bufs in, Bufs out, const MatmulParams& p) {
  const bool filled = in[0].numel > 0 && in[1].numel > 0;
  const bool indexed = in[0].numel <= INT32_MAX && in[1].numel <= INT32_MAX && out[0].numel <= INT32_MAX;
  return is_half(in[0].dtype) && filled && indexed && !(p.transposeA && p.transposeB) && compute_capability() >= 80;
}

void matmul(Context& ctx, Bufs in, Bufs out, const MatmulParams& p) {
  const bool tensor_cores = on_tensor_cores(in, out, p);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (sizeof(T) == 2)
      if (tensor_cores)
        return mma_matrix_product(ctx, MatrixProduct<T>{.m = p.m, .n = p.n, .k = p.k,
                                                        .a = in[0].as<T>(), .transpose_a = p.transposeA != 0,
                                                        .b = in[1].as<T>(), .transpose_b = p.transposeB != 0,
                                                        .epilogue = {.y = out[0].as<T>(), .bias = in[2].as<T>()}});
    gemm(ctx, GemmProblem<T>{.m = p.m, .n = p.n, .k = p.k,
                             .a = in[0].as<T>(), .a_row = p.transposeA ? 1 : p.k, .a_col = p.transposeA ? p.m : 1,
                             .b = in[1].as<T>(), .b_row = p.transposeB ? 1 : p.n, .b_col = p.transposeB ? p.k : 1,
                             .bias = in[2].as<T>(), .y = out[0].as<T>(), .y_row = p.n});
  });
}

}  // namespace convolt::CONVOLT_BACKEND
