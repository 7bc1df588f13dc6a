// Matrix products y [batch,m,n] = op(a) [m,k] op(b) [k,n] of matrices in order, or of one with all: the tiled product in
// gemm.cuh, which says what bounds it. A transposed operand is stored the other way round and read by swapped strides.
#include "backend.h"
#include "gemm.cuh"

namespace convolt::CONVOLT_BACKEND {

void batch_matmul(Context& ctx, Bufs in, Bufs out, const BatchMatmulParams& p) {
  const int64_t size_a = int64_t(p.m) * p.k, size_b = int64_t(p.k) * p.n;
  const int64_t k = in[0].numel == 0 || in[1].numel == 0 ? 0 : p.k;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    gemm(ctx, GemmProblem<T>{.m = p.m, .n = p.n, .k = k,
                             .a = in[0].as<T>(), .a_row = p.transposeA ? 1 : p.k, .a_col = p.transposeA ? p.m : 1,
                             .b = in[1].as<T>(), .b_row = p.transposeB ? 1 : p.n, .b_col = p.transposeB ? p.k : 1,
                             .y = out[0].as<T>(), .y_row = p.n, .batch = p.batch,
                             .a_batch = p.batchA == p.batch ? size_a : 0, .b_batch = p.batchB == p.batch ? size_b : 0,
                             .y_batch = int64_t(p.m) * p.n});
  });
}

}  // namespace convolt::CONVOLT_BACKEND
