// A convolution with the statistics of its result, which a batch normalisation behind it needs: a pass of their own.
#include "conv_batch_norm.h"

#include "batch_norm.h"

namespace convolt::cpu {

void conv_batch_norm_forward(Context& ctx, Bufs in, Bufs out, const ConvBatchNormParams& p) {
  const Buf inputs[] = {in[0], in[1], {}, {}};
  conv_forward(ctx, inputs, out.first(1), convolution_of(p));
  batch_statistics(out[0].as<float>(), {out[1].as<float>(), out[2].as<float>(), in[2].as<float>(), in[3].as<float>()}, normalisation_of(p));
}

}  // namespace convolt::cpu
