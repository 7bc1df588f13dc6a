// A convolution with a batch normalisation behind it, as the two.
#pragma once

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "params.h"

namespace convolt {

inline ConvParams convolution_of(const ConvBatchNormParams& p) {
  static_assert(sizeof p == sizeof(ConvParams) + sizeof p.momentum + sizeof p.eps, "the fields of a convolution come first");
  ConvParams conv;
  std::memcpy(&conv, &p, sizeof conv);
  conv.activation = int32_t(ConvActivation::none);
  return conv;
}

inline NormParams normalisation_of(const ConvBatchNormParams& p) {
  int64_t rows = 1;
  for (int32_t extent : {p.n, p.z, p.p, p.q}) rows = std::min<int64_t>(rows * extent, INT32_MAX);
  return {.rows = int32_t(rows), .c = p.k, .training = 1, .relu = 0, .momentum = p.momentum, .eps = p.eps};
}

}  // namespace convolt
