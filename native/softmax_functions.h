// What softmax and its logarithm do with an element, for all backends. Both subtract the largest element of a row, so
// that no exponential overflows.
#pragma once

#include "float_math.h"

namespace convolt {

struct Softmax {
  static HOST_DEVICE float value(float x, float largest, float sum) { return exp_of(x - largest) / sum; }
  // dx = y (dy - sum of y dy)
  static HOST_DEVICE float term(float y, float dy) { return y * dy; }
  static HOST_DEVICE float gradient(float y, float dy, float total) { return y * (dy - total); }
};

struct LogSoftmax {
  static HOST_DEVICE float value(float x, float largest, float sum) { return (x - largest) - log_of(sum); }
  // dx = dy - exp(y) sum of dy
  static HOST_DEVICE float term(float, float dy) { return dy; }
  static HOST_DEVICE float gradient(float y, float dy, float total) { return dy - exp_of(y) * total; }
};

}  // namespace convolt
