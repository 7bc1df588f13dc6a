// The weights of a Gaussian blur and where they read: what the backends share.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include "float_math.h"

namespace convolt::CONVOLT_BACKEND {

// Of the tap that is so far from the centre, before all are divided by their sum.
HOST_DEVICE float gaussian_weight(int distance, float sigma) {
  const float z = float(distance) / sigma;
  return exp_of(-0.5f * z * z);
}

HOST_DEVICE float gaussian_sum(int kernel, float sigma) {
  float sum = 0;
  for (int tap = 0; tap < kernel; tap++) sum += gaussian_weight(tap - kernel / 2, sigma);
  return sum;
}

// A place mirrored at the centres of the outermost pixels, of which there are `extent`.
HOST_DEVICE int mirrored(int at, int extent) {
  if (at < 0) at = -at;
  if (at >= extent) at = 2 * (extent - 1) - at;
  return at < 0 ? 0 : at;  // one that is further away than the image is wide
}

}  // namespace convolt::CONVOLT_BACKEND
