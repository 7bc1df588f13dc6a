// Matrix product y [m,n] = op(a) [m,k] op(b) [k,n] + bias [n]: one call of the tiled product in gemm.cuh, which says
// what bounds it. A transposed operand is stored the other way round and read by swapped strides.
#include "backend.h"
#include "gemm.cuh"

namespace convolt::CONVOLT_BACKEND {

void matmul(Context& ctx, Bufs in, Bufs out, const MatmulParams& p) {
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    gemm(ctx, GemmProblem<T>{.m = p.m, .n = p.n, .k = p.k,
                             .a = in[0].as<T>(), .a_row = p.transposeA ? 1 : p.k, .a_col = p.transposeA ? p.m : 1,
                             .b = in[1].as<T>(), .b_row = p.transposeB ? 1 : p.n, .b_col = p.transposeB ? p.k : 1,
                             .bias = in[2].as<T>(), .y = out[0].as<T>(), .y_row = p.n});
  });
}

}  // namespace convolt::CONVOLT_BACKEND
