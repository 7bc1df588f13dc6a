// Windows along one axis of a convolution, and the phases that an input gradient falls into at a stride.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "divisor.cuh"

namespace convolt::CONVOLT_BACKEND {

// Windows along one axis: the element of tap j of output o is o * stride + first + j * step, and outside of [0, extent) zero.
struct WindowAxis {
  int extent = 1, stride = 1, first = 0, step = 1;
  Divisor outputs, taps;
};

// The elements first + i * stride of an axis of dx, and what reaches them.
struct Phase {
  int elements = 0, first = 0, stride = 1;
  int first_tap = -1, tap_step = 1;  // -1: no tap reaches it
  WindowAxis windows = {};           // of dy
};

// The phases of an axis that have elements. Element i of dx takes part in output o through tap r where
// i + pad = o * stride + r * dilation: only taps of r * dilation % stride = (i + pad) % stride reach it.
inline std::vector<Phase> phases_of(int extent, int outputs, int taps, int stride, int pad, int dilation) {
  const int shared = std::gcd(stride, dilation), period = stride / shared;  // of the taps that reach a phase
  std::vector<Phase> phases;
  for (int first = 0; first < std::min(stride, extent); first++) {
    const int remainder = ((first + pad) % stride + stride) % stride;
    int tap = 0;
    while (tap < std::min(taps, period) && int64_t(tap) * dilation % stride != remainder) tap++;
    const bool reached = tap < std::min(taps, period);
    const int elements = (extent - first - 1) / stride + 1, count = reached ? (taps - tap - 1) / period + 1 : 1;
    const int64_t output = (int64_t(first) + pad - int64_t(tap) * dilation) / stride;
    const WindowAxis windows{outputs, 1, reached ? int(output) : 0, -dilation / shared, Divisor(elements), Divisor(count)};
    phases.push_back({elements, first, stride, reached ? tap : -1, period, windows});
  }
  return phases;
}

}  // namespace convolt::CONVOLT_BACKEND
