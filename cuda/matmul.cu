// Matrix product y [m,n] = op(a) [m,k] op(b) [k,n] + bias [n]: one call of the tiled product in gemm.cuh, which says
// what bounds it. A transposed operand is stored the other way round and read by swapped strides.
#include "backend.h"
#include "gemm.cuh"

namespace convolt::CONVOLT_BACKEND {

void matmul(Context& ctx, Bufs in, Bufs out, const MatmulParams& p) {
  GemmProblem problem{.m = p.m, .n = p.n, .k = p.k,
                      .a = in[0].as<float>(), .a_row = p.transposeA ? 1 : p.k, .a_col = p.transposeA ? p.m : 1,
                      .b = in[1].as<float>(), .b_row = p.transposeB ? 1 : p.n, .b_col = p.transposeB ? p.k : 1,
                      .bias = in[2].as<float>(), .y = out[0].as<float>(), .y_row = p.n};
  gemm(ctx, problem);
}

}  // namespace convolt::CONVOLT_BACKEND
