// A convolution between two batch normalisations: the application of one and the statistics of the other are passes of their own.
#include "conv_batch_norm.h"

#include "batch_norm.h"

namespace convolt::cpu {
namespace {

// values: mean, invstd, weight, bias.
Buf normalized(Context& ctx, const Buf& x, Bufs values, const ConvParams& p) {
  const Buf y{ctx.scratch_array<float>(x.numel), x.numel}, in[] = {x, {}, values[2], values[3], values[0], values[1]};
  batch_norm_apply(ctx, in, {&y, 1}, normalisation_of_input(p));
  return y;
}

}  // namespace

void conv_batch_norm_forward(Context& ctx, Bufs in, Bufs out, const ConvBatchNormParams& p) {
  const ConvParams conv = convolution_of(p);
  const bool is_normalized = in[3].data && in[4].data;
  const Buf inputs[] = {is_normalized ? normalized(ctx, in[0], in.subspan(3, 4), conv) : in[0], in[1], in[2], {}};
  conv_forward(ctx, inputs, out.first(1), conv);
  batch_statistics(out[0].as<float>(), {out[1].as<float>(), out[2].as<float>(), in[7].as<float>(), in[8].as<float>()}, normalisation_of(p));
}

void conv_batch_norm_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const Buf inputs[] = {normalized(ctx, in[0], in.subspan(2, 4), p), in[1]};
  conv_weight_grad(ctx, inputs, out, p);
}

}  // namespace convolt::cpu
