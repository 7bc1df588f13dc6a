// Which pixels a bin of a region of interest averages, one axis at a time. A bin's average is
// sum over h, w of rows[h] * columns[w] * x[h,w], whichever way it is taken:
//
// samples  g points, evenly spaced inside the bin, each an average of its two neighbours; a point within one pixel
//          of the image reads the image's edge, one farther out counts as 0.
// pixels   the whole pixels that the bin touches; the last row and column of the image are never among them.
//
// Positions are in float64: they are few, and a position decides which pixels are read.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include <cmath>
#include <cstdint>

#include "half.h"
#include "params.h"

namespace convolt::CONVOLT_BACKEND {

// Pixels [begin, end).
struct Span {
  int begin, end;
};

HOST_DEVICE double clamp_to(double value, double least, double most) {
  return value > least ? (value < most ? value : most) : least;
}

HOST_DEVICE Span whole_pixels(double low, double high, int bin, int bins, int extent, float* weights) {
  const double start = std::round(low), size = std::fmax(std::round(high) - start, 1.0);
  const double bin_size = size / bins;
  const int begin = int(clamp_to(std::floor(bin * bin_size) + start, 0, extent - 1));
  const int end = int(clamp_to(std::ceil((bin + 1) * bin_size) + start, 0, extent - 1));
  for (int i = begin; i < end; i++) weights[i] = 1.0f / float(end - begin);
  return {begin, end};
}

HOST_DEVICE Span sampled_pixels(double low, double high, int bin, int bins, int extent, double samples, float* weights) {
  const double bin_size = (high - low) / bins, start = low + bin * bin_size;
  const double grid = samples > 0 ? samples : std::ceil(bin_size);
  if (!(grid > 0)) return {0, 0};
  const double step = bin_size / grid;
  // Samples outside of the image are many where a region is much larger than it: start near the first one inside.
  double first = 0, count = grid;
  if (step != 0) {
    const double at_top = (-1 - start) / step, at_bottom = (extent - start) / step;
    first = clamp_to(std::floor(std::fmin(at_top, at_bottom)) - 1, 0, grid);
    count = clamp_to(std::ceil(std::fabs(at_bottom - at_top)) + 3, 0, grid - first);
  }
  Span span = {extent, 0};
  for (int64_t i = 0; i < int64_t(count); i++) {
    const double at = start + (first + double(i) + 0.5) * step;
    if (!(at >= -1 && at <= extent)) continue;
    const double inside = clamp_to(at, 0, extent - 1);
    const int pixel = int(inside), next = pixel + 1 < extent ? pixel + 1 : pixel;
    const double share = inside - pixel;
    weights[pixel] += float((1 - share) / grid);
    weights[next] += float(share / grid);
    if (pixel < span.begin) span.begin = pixel;
    if (next + 1 > span.end) span.end = next + 1;
  }
  if (span.begin > span.end) span.begin = span.end;
  return span;
}

// The weights of one bin along one axis of `extent` pixels, from the region's ends on it in the coordinates of its
// rois. They are written to all of weights [extent], and are 0 outside of the span.
HOST_DEVICE Span bin_weights(float low_end, float high_end, int bin, int bins, int extent, const RoiParams& p, float* weights) {
  for (int i = 0; i < extent; i++) weights[i] = 0;
  const double offset = p.aligned ? 0.5 : 0.0;
  const double low = double(low_end) * p.spatialScale - offset;
  double high = double(high_end) * p.spatialScale - offset;
  if (!std::isfinite(low) || !std::isfinite(high) || extent == 0) return {0, 0};
  if (p.wholePixels) return whole_pixels(low, high, bin, bins, extent, weights);
  if (!p.aligned) high = std::fmax(high, low + 1);
  return sampled_pixels(low, high, bin, bins, extent, p.samplingRatio, weights);
}

// The image that a region [image,x1,y1,x2,y2] lies in, or -1 if there is no such image.
HOST_DEVICE int image_of(const float* roi, int images) { return roi[0] >= 0 && roi[0] < float(images) ? int(roi[0]) : -1; }

// Where images or bins are empty there is nothing to meet, however long the other axes are: the same without images, or
// without regions, so that no table of their length is made.
inline RoiParams without_empty(RoiParams p, bool images_empty, bool bins_empty) {
  if (images_empty) p.n = 0, p.h = p.w = 1;
  if (bins_empty) p.r = 0;
  return p;
}

}  // namespace convolt::CONVOLT_BACKEND
