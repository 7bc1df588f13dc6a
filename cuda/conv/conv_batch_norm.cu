// A convolution between two batch normalisations: with the application of the one in front of it, where there is one, and with
// the statistics of its result, which one behind it needs.
//
// Algorithm  on tensor cores, blocks take the moments of their tiles of y from shared memory, before the sums are gone
//            (mma/epilogue.cuh, or mma/warpgroup_gemm.cuh where wgmma is asked for); a second kernel merges them by Chan's
//            formula, in an order that the shape decides. In 16 bits x is normalised on its way to the product
//            (normalized_conv.cu). Elsewhere each is a pass of its own, as are the statistics where y is so small that its
//            depth is in splits.
// Shapes     as in conv.cu; mean, invstd, running ones [k], those of x [c], float32.
// Bytes      the convolution's, and 12 bytes for each channel and 128 rows, or 64, written and read; y is not read.
// Bound by   the convolution.
#include "backend.h"
#include "batch_norm.cuh"
#include "conv/implicit_gemm.cuh"
#include "conv/normalized_conv.cuh"
#include "conv_batch_norm.h"

namespace convolt::CONVOLT_BACKEND {
namespace {

// values: mean, invstd, weight, bias.
ChannelValues channel_values(Bufs values) { return {values[0].as<float>(), values[1].as<float>(), values[2].as<float>(), values[3].as<float>()}; }

bool is_normalized_on_the_way(const ConvParams& p, DType dtype) { return is_half(dtype) && is_on_tensor_cores(p, dtype); }

Buf normalized(Context& ctx, const Buf& x, Bufs values, const ConvParams& p) {
  const Buf y{ctx.scratch(size_t(x.numel) * bytes_of(x.dtype)), x.numel, x.dtype}, in[] = {x, {}, values[2], values[3], values[0], values[1]};
  batch_norm_apply(ctx, in, {&y, 1}, normalisation_of_input(p));
  return y;
}

// Returns the moments of y if it is done by implicit GEMM, unless its depth is split.
TileMoments convolve(Context& ctx, const Buf& x, const Buf& w, const Buf& bias, const Buf& y, const ConvParams& p) {
  TileMoments moments;
  const Buf in[] = {x, w, bias, {}};
  if (is_on_tensor_cores(p, x.dtype)) implicit_gemm_forward(ctx, in, {&y, 1}, p, &moments);
  else conv_forward(ctx, in, {&y, 1}, p);
  return moments;
}

}  // namespace

void conv_batch_norm_forward(Context& ctx, Bufs in, Bufs out, const ConvBatchNormParams& p) {
  if (p.k == 0) return;
  const ConvParams conv = convolution_of(p);
  const NormParams norm = normalisation_of(p);
  const BatchStatistics found{out[1].as<float>(), out[2].as<float>(), in[7].as<float>(), in[8].as<float>()};
  const Buf &x = in[0], &w = in[1], &bias = in[2], &y = out[0];
  const Bufs of_x = in.subspan(3, 4);
  const bool is_normalized = of_x[0].data && of_x[1].data;
  TileMoments moments;
  if (is_normalized && is_normalized_on_the_way(conv, x.dtype)) normalized_conv_forward(ctx, x, channel_values(of_x), w, bias, y, conv, &moments);
  else moments = convolve(ctx, is_normalized ? normalized(ctx, x, of_x, conv) : x, w, bias, y, conv);
  if (moments.data) merge_statistics(ctx, moments.data, moments.tiles, found, norm);
  else batch_statistics(ctx, y, found, norm);
}

void conv_batch_norm_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (out[0].numel == 0) return;
  const Buf &x = in[0], &dy = in[1];
  const Bufs of_x = in.subspan(2, 4);
  if (is_normalized_on_the_way(p, x.dtype)) return normalized_conv_weight_grad(ctx, x, channel_values(of_x), dy, out[0], p);
  const Buf products[] = {normalized(ctx, x, of_x, p), dy};
  conv_weight_grad(ctx, products, out, p);
}

}  // namespace convolt::CONVOLT_BACKEND
