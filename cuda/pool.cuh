// What max and average pooling share: where a window lies, and which windows an input element lies in.
#pragma once

#include "device/device.cuh"
#include "params.h"

namespace convolt {

struct Position {
  int n, d, h, w, c;
};

// The position of element i of a channels-last tensor with these extents.
DEV Position position_of(int64_t i, int d, int h, int w, int c) {
  Position at;
  at.c = int(i % c);
  at.w = int(i / c % w);
  at.h = int(i / c / w % h);
  at.d = int(i / c / w / h % d);
  at.n = int(i / c / w / h / d);
  return at;
}

// Along one axis: does the window at output `o` hold the input `i`, and at which tap?
// i = o * stride - pad + tap * dilation. Returns the tap, or -1.
DEV int tap_of(int i, int o, int stride, int pad, int dilation, int taps) {
  const int distance = i + pad - o * stride;
  if (distance < 0 || distance % dilation != 0) return -1;
  const int tap = distance / dilation;
  return tap < taps ? tap : -1;
}

// The outputs [first, last] along one axis whose windows reach over the input i.
DEV int first_output(int i, int stride, int pad, int dilation, int taps) {
  const int beyond = i + pad - (taps - 1) * dilation;
  return beyond <= 0 ? 0 : (beyond + stride - 1) / stride;
}
DEV int last_output(int i, int stride, int pad, int outputs) {
  if (i + pad < 0) return -1;
  const int last = (i + pad) / stride;
  return last < outputs ? last : outputs - 1;
}

}  // namespace convolt
