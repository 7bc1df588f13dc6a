// A convolution between two batch normalisations, as the three.
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

inline int32_t rows_of_images(std::initializer_list<int32_t> extents) {
  int64_t rows = 1;
  for (int32_t extent : extents) rows = std::min<int64_t>(rows * extent, INT32_MAX);
  return int32_t(rows);
}

inline NormParams normalisation_of(const ConvBatchNormParams& p) {
  return {.rows = rows_of_images({p.n, p.z, p.p, p.q}), .c = p.k, .training = 1, .relu = 0, .momentum = p.momentum, .eps = p.eps};
}

// That of x, with ReLU.
inline NormParams normalisation_of_input(const ConvParams& p) {
  return {.rows = rows_of_images({p.n, p.d, p.h, p.w}), .c = p.c, .training = 1, .relu = 1, .momentum = 0, .eps = 0};
}

}  // namespace convolt
