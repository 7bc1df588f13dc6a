// What a convolution does to its sums last, on all backends.
#pragma once

#include "float_math.h"
#include "params.h"

namespace convolt {

// Keeps NaN.
HOST_DEVICE float activated(float y, ConvActivation activation) {
  if (activation == ConvActivation::none) return y;
  const float positive = y < 0.0f ? 0.0f : y;
  return activation == ConvActivation::relu6 && positive > 6.0f ? 6.0f : positive;
}

}  // namespace convolt
