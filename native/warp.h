// How a pixel of a warped image is read: what the backends share.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include <cstdint>

#include "half.h"
#include "params.h"

namespace convolt::CONVOLT_BACKEND {

// Where a pixel of y reads x: the column and row of the upper left of four pixels, and the shares of the right and the
// lower ones. Of the nearest pixel, the shares are 0.
struct Source {
  int left, top;
  float right_share, lower_share;
};

// A coordinate that may be anything, as one that fits an int and is as far outside.
HOST_DEVICE float within_reach(float at, int extent) {
  const float far = float(extent) + 1;
  return at > -2 ? (at < far ? at : far) : -2.0f;  // NaN, too, is outside
}

// What is added to a number of a size below 2^22, and subtracted again, takes its fraction: 1.5 * 2^23. It rounds to the
// nearest, halves to even, without a call.
constexpr float kToWhole = 12582912.0f;

HOST_DEVICE float to_whole(float value) { return (value + kToWhole) - kToWhole; }

HOST_DEVICE int floor_of(float value) {
  const int whole = int(value);
  return whole - (value < float(whole));
}

// What the places of a row of y have in common. matrix: {xx, xy, x0, yx, yy, y0}.
struct RowOrigin {
  float x, y, step_x, step_y;
};

HOST_DEVICE RowOrigin row_origin(const float* matrix, int row) {
  const float v = float(row) + 0.5f;
  return {matrix[1] * v + (matrix[2] - 0.5f), matrix[4] * v + (matrix[5] - 0.5f), matrix[0], matrix[3]};
}

HOST_DEVICE Source source_of(const RowOrigin& row, int column, const WarpParams& p) {
  const float u = float(column) + 0.5f;
  const float x = within_reach(row.step_x * u + row.x, p.w), y = within_reach(row.step_y * u + row.y, p.h);
  if (p.interpolation == int(Interpolation::nearest)) return {int(to_whole(x)), int(to_whole(y)), 0, 0};
  const int left = floor_of(x), top = floor_of(y);
  return {left, top, x - float(left), y - float(top)};
}

// Channel c of the pixel at a place of an image [h,w,c], which may lie outside.
HOST_DEVICE float pixel_at(const uint8_t* image, int row, int column, int channel, const WarpParams& p) {
  if (p.border == int(WarpBorder::edge)) {
    row = row < 0 ? 0 : row >= p.h ? p.h - 1 : row;
    column = column < 0 ? 0 : column >= p.w ? p.w - 1 : column;
  } else if (row < 0 || row >= p.h || column < 0 || column >= p.w) {
    return float(p.fill);
  }
  return float(image[(int64_t(row) * p.w + column) * p.c + channel]);
}

HOST_DEVICE uint8_t mixed(float a, float b, float c, float d, const Source& at) {
  const float upper = a + (b - a) * at.right_share, lower = c + (d - c) * at.right_share;
  return uint8_t(int(to_whole(upper + (lower - upper) * at.lower_share)));
}

HOST_DEVICE uint8_t warped(const uint8_t* image, const Source& at, int channel, const WarpParams& p) {
  if (p.interpolation == int(Interpolation::nearest)) return uint8_t(pixel_at(image, at.top, at.left, channel, p));
  return mixed(pixel_at(image, at.top, at.left, channel, p), pixel_at(image, at.top, at.left + 1, channel, p),
               pixel_at(image, at.top + 1, at.left, channel, p), pixel_at(image, at.top + 1, at.left + 1, channel, p), at);
}

}  // namespace convolt::CONVOLT_BACKEND
