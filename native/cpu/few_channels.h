// Convolutions whose input has few channels, as grey and RGB images have. oneDNN's loops run over 16 channels at a time and
// would run nearly empty: its weight gradient takes 3 ms for 1 -> 6 channels of 5 x 5 over 64 images of 28 x 28.
//
// The rows of x under a row of outputs are copied into lines with zeros for the padding. An output then meets each tap of
// its window as one number of a line, which multiplies a vector of filters: sums stay in registers.
#pragma once

#include "backend.h"
#include "onednn.h"

namespace convolt::cpu {

constexpr int kMostForwardFilters = 16;  // with more of them oneDNN is faster

bool has_few_channels(const ConvParams& p);
void few_channels_forward(Context& ctx, const ConvParams& p, const ConvBuffers& b);  // of at most kMostForwardFilters
void few_channels_weight_grad(Context& ctx, const ConvParams& p, const ConvBuffers& b);

}  // namespace convolt::cpu
