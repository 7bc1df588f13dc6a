// A convolution with the statistics of its result, which a batch normalisation behind it needs.
//
// Algorithm  on tensor cores, blocks take the moments of their tiles of y from shared memory, before the sums are gone
//            (mma/epilogue.cuh); a second kernel merges them by Chan's formula, in an order that the shape decides. Elsewhere,
//            and where y is so small that its depth is in splits, the statistics are a pass over y (batch_norm.cu).
// Shapes     as in conv.cu; mean, invstd, running ones [k] float32.
// Bytes      the convolution's, and 12 bytes for each channel and 128 rows, or 64, written and read; y is not read.
// Bound by   the convolution.
#include "backend.h"
#include "batch_norm.cuh"
#include "conv/implicit_gemm.cuh"
#include "conv_batch_norm.h"

namespace convolt::CONVOLT_BACKEND {

void conv_batch_norm_forward(Context& ctx, Bufs in, Bufs out, const ConvBatchNormParams& p) {
  if (p.k == 0) return;
  const ConvParams conv = convolution_of(p);
  const NormParams norm = normalisation_of(p);
  const BatchStatistics found{out[1].as<float>(), out[2].as<float>(), in[2].as<float>(), in[3].as<float>()};
  const Buf inputs[] = {in[0], in[1], {}, {}};
  TileMoments moments;
  if (is_on_tensor_cores(conv, in[0].dtype)) implicit_gemm_forward(ctx, inputs, out.first(1), conv, &moments);
  else conv_forward(ctx, inputs, out.first(1), conv);
  if (moments.data) merge_statistics(ctx, moments.data, moments.tiles, found, norm);
  else batch_statistics(ctx, out[0], found, norm);
}

}  // namespace convolt::CONVOLT_BACKEND
