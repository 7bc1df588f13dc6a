// Which pixels a real-valued position reads, with what weights, and how the weights change with the position: what the
// sampling ops of all backends share. Coordinates are in pixels, pixel i at i; one axis is independent of the others.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "half.h"
#include "params.h"

// In front of loops over arrays that are to be kept in registers.
#if defined(__CUDACC__)
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

namespace convolt::CONVOLT_BACKEND {

enum Border { kZeros = 0, kEdge = 1, kReflection = 2 };

// The taps along one axis: 1 is the nearest pixel, 2 are linear, 4 cubic interpolation.
template <int Count>
struct AxisTaps {
  int index[Count];  // -1 is outside of the image
  float weight[Count];
  float slope[Count];  // of the weight, with the position
};

// A coordinate brought into the image, and how it moves there with the coordinate: 1, -1, or 0 at the ends.
struct Folded {
  float at, slope;
};

HOST_DEVICE Folded to_edge(Folded from, int extent) {
  if (from.at <= 0) return {0, 0};
  if (from.at >= float(extent - 1)) return {float(extent - 1), 0};
  return from;
}

// Mirrored at the centres of the outermost pixels with alignCorners, else at their edges.
HOST_DEVICE Folded reflected(float at, int extent, bool align_corners) {
  const float low = align_corners ? 0.0f : -0.5f, length = align_corners ? float(extent - 1) : float(extent);
  if (length == 0) return {0, 0};
  const float distance = std::fabs(at - low), turns = std::floor(distance / length), rest = std::fmod(distance, length);
  const float direction = at < low ? -1.0f : 1.0f;
  if (std::fmod(turns, 2.0f) == 0) return {low + rest, direction};
  return {low + (length - rest), -direction};
}

HOST_DEVICE Folded folded(float at, int extent, const TapsParams& p) {
  if (p.border == kEdge) return to_edge({at, 1}, extent);
  if (p.border == kReflection) return to_edge(reflected(at, extent, p.alignCorners), extent);
  return {at, 1};
}

// A whole coordinate as an index; NaN is outside.
HOST_DEVICE int index_inside(float at, int extent) { return at >= 0 && at < float(extent) ? int(at) : -1; }

// Cubic convolution with a = -0.75 (R. Keys, "Cubic convolution interpolation for digital image processing", 1981): the
// weight of a pixel at a distance of at most 1, and from 1 to 2, and their derivatives.
constexpr float kCubic = -0.75f;
HOST_DEVICE float cubic_near(float x) { return ((kCubic + 2) * x - (kCubic + 3)) * x * x + 1; }
HOST_DEVICE float cubic_far(float x) { return ((kCubic * x - 5 * kCubic) * x + 8 * kCubic) * x - 4 * kCubic; }
HOST_DEVICE float cubic_near_slope(float x) { return (3 * (kCubic + 2) * x - 2 * (kCubic + 3)) * x; }
HOST_DEVICE float cubic_far_slope(float x) { return (3 * kCubic * x - 10 * kCubic) * x + 8 * kCubic; }

template <int Count>
HOST_DEVICE AxisTaps<Count> axis_taps(float position, int extent, const TapsParams& p) {
  float at = position, scale = 1;  // of a pixel, with the position
  if (p.normalized) {
    scale = (p.alignCorners ? float(extent - 1) : float(extent)) / 2;
    at = p.alignCorners ? (position + 1) / 2 * float(extent - 1) : ((position + 1) * float(extent) - 1) / 2;
  }
  AxisTaps<Count> taps;
  if constexpr (Count == 1) {
    taps = {{index_inside(std::nearbyint(folded(at, extent, p).at), extent)}, {1}, {0}};
  } else if constexpr (Count == 2) {
    const Folded inside = folded(at, extent, p);
    const float low = std::floor(inside.at), share = inside.at - low, slope = scale * inside.slope;
    taps = {{index_inside(low, extent), index_inside(low + 1, extent)}, {1 - share, share}, {-slope, slope}};
  } else {
    const float low = std::floor(at), share = at - low;
    const bool finite = share >= 0;
    UNROLLED
    for (int i = 0; i < Count; i++) taps.index[i] = finite ? index_inside(folded(low + float(i - 1), extent, p).at, extent) : -1;
    const float weight[] = {cubic_far(1 + share), cubic_near(share), cubic_near(1 - share), cubic_far(2 - share)};
    const float slope[] = {cubic_far_slope(1 + share), cubic_near_slope(share), -cubic_near_slope(1 - share), -cubic_far_slope(2 - share)};
    for (int i = 0; i < Count; i++) {
      taps.weight[i] = weight[i];
      taps.slope[i] = slope[i] * scale;
    }
  }
  return taps;
}

// Calls tap(t, index, weight, slope) for each of the Count^Axes taps of position `at` of image n: the index of a row of
// x [n,d,h,w,groups], or -1 with weight and slopes 0, and the weight's slope along each axis of the position.
template <int Axes, int Count, class Tap>
HOST_DEVICE void for_taps(const float* position, int64_t n, int64_t at, const TapsParams& p, const Tap& tap) {
  const int extents[] = {p.d, p.h, p.w};
  AxisTaps<Count> axes[Axes];
  UNROLLED
  for (int axis = 0; axis < Axes; axis++)
    axes[axis] = axis_taps<Count>(position[p.widthFirst ? Axes - 1 - axis : axis], extents[3 - Axes + axis], p);
  constexpr int all = Axes == 2 ? Count * Count : Count * Count * Count;
  UNROLLED
  for (int t = 0; t < all; t++) {
    int64_t pixel = n;
    float weight = 1, slope[Axes];
    bool inside = true;
    for (int axis = 0; axis < Axes; axis++) slope[axis] = 1;
    for (int axis = 0, below = all / Count; axis < Axes; axis++, below /= Count) {
      const int i = t / below % Count, place = p.widthFirst ? Axes - 1 - axis : axis;
      inside = inside && axes[axis].index[i] >= 0;
      pixel = pixel * extents[3 - Axes + axis] + axes[axis].index[i];
      weight *= axes[axis].weight[i];
      for (int other = 0; other < Axes; other++) slope[other] *= other == place ? axes[axis].slope[i] : axes[axis].weight[i];
    }
    if (!inside) {
      weight = 0;
      for (int axis = 0; axis < Axes; axis++) slope[axis] = 0;
    }
    tap(t, inside ? int32_t(pixel * p.groups + at % p.groups) : -1, weight, slope);
  }
}

// Calls body(Axes, Count) with the number of axes and of taps along each as types; of other numbers there are no taps.
template <class Body>
void with_taps(const TapsParams& p, const Body& body) {
  using Two = std::integral_constant<int, 2>;
  using Three = std::integral_constant<int, 3>;
  using Nearest = std::integral_constant<int, 1>;
  using Linear = std::integral_constant<int, 2>;
  using Cubic = std::integral_constant<int, 4>;
  if (p.axes == 2 && p.t == 1) body(Two(), Nearest());
  if (p.axes == 2 && p.t == 4) body(Two(), Linear());
  if (p.axes == 2 && p.t == 16) body(Two(), Cubic());
  if (p.axes == 3 && p.t == 1) body(Three(), Nearest());
  if (p.axes == 3 && p.t == 8) body(Three(), Linear());
}

}  // namespace convolt::CONVOLT_BACKEND
