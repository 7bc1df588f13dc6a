// What max, average and Lp pooling share: where a window lies, and which windows an input element lies in.
#pragma once

#include "device/device.cuh"
#include "params.h"

namespace convolt {

struct Position {
  int n, d, h, w, c;
};

template <class Int>
DEV Position divided_position(Int i, int d, int h, int w, int c) {
  Position at;
  at.c = int(i % c), i /= c;
  at.w = int(i % w), i /= w;
  at.h = int(i % h), i /= h;
  at.d = int(i % d), i /= d;
  at.n = int(i);
  return at;
}

// The position of element i of a channels-last tensor with these extents. 64-bit divisions cost several times 32-bit
// ones, and only tensors beyond 2^31 elements need them.
DEV Position position_of(int64_t i, int d, int h, int w, int c) {
  return i <= INT32_MAX ? divided_position(uint32_t(i), d, h, w, c) : divided_position(i, d, h, w, c);
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

// How many taps of the window that starts at `origin` lie before `end`.
DEV int taps_before(int end, int origin, int dilation, int taps) {
  if (end <= origin) return 0;
  const int before = (end - origin - 1) / dilation + 1;
  return before < taps ? before : taps;
}

// How many taps of a window lie inside the image along one axis, or inside the image and its padding.
DEV int axis_taps(int origin, int dilation, int taps, int extent, int after, bool padding) {
  return padding ? taps_before(extent + after, origin, dilation, taps)
                 : taps_before(extent, origin, dilation, taps) - taps_before(0, origin, dilation, taps);
}

// How many elements of the window at an output position lie inside the image, or inside the image and its padding.
DEV float counted_taps(const PoolParams& p, const Position& out, bool padding) {
  return float(axis_taps(out.d * p.strideD - p.padD, p.dilationD, p.t, p.d, p.afterD, padding)) *
         float(axis_taps(out.h * p.strideH - p.padH, p.dilationH, p.r, p.h, p.afterH, padding)) *
         float(axis_taps(out.w * p.strideW - p.padW, p.dilationW, p.s, p.w, p.afterW, padding));
}

// Calls tap(index, offset) for each element of the window at an output position inside the image: its index counts all
// taps in the order t, r, s; its offset counts from the first element of x [n,d,h,w,c].
template <class Tap>
DEV void for_window(const PoolParams& p, const Position& out, const Tap& tap) {
  const int d0 = out.d * p.strideD - p.padD, h0 = out.h * p.strideH - p.padH, w0 = out.w * p.strideW - p.padW;
  for (int t = 0; t < p.t; t++) {
    const int d = d0 + t * p.dilationD;
    if (d < 0 || d >= p.d) continue;
    for (int r = 0; r < p.r; r++) {
      const int h = h0 + r * p.dilationH;
      if (h < 0 || h >= p.h) continue;
      for (int s = 0; s < p.s; s++) {
        const int w = w0 + s * p.dilationW;
        if (w < 0 || w >= p.w) continue;
        tap((t * p.r + r) * p.s + s, (((int64_t(out.n) * p.d + d) * p.h + h) * p.w + w) * p.c + out.c);
      }
    }
  }
}

// Calls window(index, output, at) for each window that holds an input element, in the order of outputs: the element's
// index in the window, the window's offset in y [n,z,p,q,c], and its position.
template <class Window>
DEV void for_holders(const PoolParams& p, const Position& in, const Window& window) {
  const int last_z = last_output(in.d, p.strideD, p.padD, p.z), last_p = last_output(in.h, p.strideH, p.padH, p.p),
            last_q = last_output(in.w, p.strideW, p.padW, p.q);
  for (int z = first_output(in.d, p.strideD, p.padD, p.dilationD, p.t); z <= last_z; z++) {
    const int t = tap_of(in.d, z, p.strideD, p.padD, p.dilationD, p.t);
    if (t < 0) continue;
    for (int o = first_output(in.h, p.strideH, p.padH, p.dilationH, p.r); o <= last_p; o++) {
      const int r = tap_of(in.h, o, p.strideH, p.padH, p.dilationH, p.r);
      if (r < 0) continue;
      for (int q = first_output(in.w, p.strideW, p.padW, p.dilationW, p.s); q <= last_q; q++) {
        const int s = tap_of(in.w, q, p.strideW, p.padW, p.dilationW, p.s);
        if (s < 0) continue;
        const Position at{in.n, z, o, q, in.c};
        window((t * p.r + r) * p.s + s, (((int64_t(in.n) * p.z + z) * p.p + o) * p.q + q) * p.c + in.c, at);
      }
    }
  }
}

}  // namespace convolt
