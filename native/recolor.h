// The functions of colours: what the backends share. Results are cut off to bytes, as torchvision has them.
//
// Some functions change each channel by a table of 256 bytes, made once for an image and channel; others look at the three
// channels of a pixel; sharpness looks at its neighbours.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include <cmath>
#include <cstdint>

#include "half.h"
#include "params.h"

namespace convolt::CONVOLT_BACKEND {

HOST_DEVICE bool uses_table(ColorFunction f) {
  return f == ColorFunction::brightness || f == ColorFunction::contrast || f == ColorFunction::invert || f == ColorFunction::posterize ||
         f == ColorFunction::solarize || f == ColorFunction::autocontrast || f == ColorFunction::equalize;
}

// Of a table's function: whether it depends on how often each level is in the image.
HOST_DEVICE bool uses_counts(ColorFunction f) {
  return f == ColorFunction::contrast || f == ColorFunction::autocontrast || f == ColorFunction::equalize;
}

// The other functions of colours leave grey images as they are, and those with other channels than red, green and blue.
HOST_DEVICE bool uses_pixels(ColorFunction f, int channels) {
  return channels == 3 && (f == ColorFunction::saturation || f == ColorFunction::hue || f == ColorFunction::grayscale);
}

HOST_DEVICE bool uses_neighbours(ColorFunction f, int h, int w) { return f == ColorFunction::sharpness && h > 2 && w > 2; }

HOST_DEVICE uint8_t cut_to_byte(float value) { return uint8_t(value < 0 ? 0.0f : value > 255 ? 255.0f : value); }

// amount * value + (1 - amount) * other.
HOST_DEVICE uint8_t blended(float value, float other, float amount) { return cut_to_byte(amount * value + (1 - amount) * other); }

// Luma of ITU-R BT.601, cut off to a whole number.
HOST_DEVICE uint8_t gray_of(const uint8_t* rgb) {
  return uint8_t(0.2989f * float(rgb[0]) + 0.587f * float(rgb[1]) + 0.114f * float(rgb[2]));
}

// ---- tables ----

// What a table depends on, besides the amount: of the counts of an image's channel, or for contrast of its grey levels.
struct LevelStatistics {
  float mean;
  int least, most;  // levels that occur
  int64_t step;     // for equalize: pixels to a level of the result
};

HOST_DEVICE LevelStatistics level_statistics(const int* counts) {
  int64_t pixels = 0, sum = 0;
  int least = 255, most = 0;
  for (int level = 0; level < 256; level++) {
    if (counts[level] == 0) continue;
    pixels += counts[level];
    sum += int64_t(counts[level]) * level;
    if (level < least) least = level;
    most = level;
  }
  if (pixels == 0) return {0, 0, 0, 0};
  return {float(double(sum) / double(pixels)), least, most, (pixels - counts[most]) / 255};
}

// Pixels below a level, of 256 counts.
HOST_DEVICE int64_t pixels_below(int level, const int* counts) {
  int64_t below = 0;
  for (int other = 0; other < level; other++) below += counts[other];
  return below;
}

// What a level becomes. `counts` and `s` are read by functions that use them only.
HOST_DEVICE uint8_t table_entry(ColorFunction f, float amount, int level, const int* counts, const LevelStatistics& s) {
  const float value = float(level);
  switch (f) {
    case ColorFunction::brightness: return cut_to_byte(amount * value);
    case ColorFunction::contrast: return blended(value, s.mean, amount);
    case ColorFunction::invert: return uint8_t(255 - level);
    case ColorFunction::posterize: {  // to that many bits
      const int bits = amount > 0 ? amount < 8 ? int(amount) : 8 : 0;
      return uint8_t(level & (0xff00 >> bits));
    }
    case ColorFunction::solarize: return uint8_t(value >= amount ? 255 - level : level);
    case ColorFunction::autocontrast:
      return s.most > s.least ? cut_to_byte((value - float(s.least)) * (255.0f / float(s.most - s.least))) : uint8_t(level);
    case ColorFunction::equalize: {
      if (s.step == 0) return uint8_t(level);
      const int64_t equal = level == 0 ? 0 : (pixels_below(level, counts) + s.step / 2) / s.step;
      return uint8_t(equal < 255 ? equal : 255);
    }
    default: return uint8_t(level);
  }
}

// ---- pixels ----

struct Rgb {
  uint8_t r, g, b;
};

// Adds a share of a whole turn to the hue (A. R. Smith, "Color gamut transform pairs", 1978).
HOST_DEVICE Rgb turned_hue(const uint8_t* rgb, float turn) {
  const float r = float(rgb[0]) / 255.0f, g = float(rgb[1]) / 255.0f, b = float(rgb[2]) / 255.0f;
  const float v = fmaxf(r, fmaxf(g, b)), chroma = v - fminf(r, fminf(g, b));
  if (chroma == 0) return {rgb[0], rgb[1], rgb[2]};
  const float s = chroma / v;
  const float to_r = (v - r) / chroma, to_g = (v - g) / chroma, to_b = (v - b) / chroma;
  const float sixths = v == r ? to_b - to_g : v == g ? 2 + to_r - to_b : 4 + to_g - to_r;
  float hue = sixths / 6 + 1;
  hue -= floorf(hue);
  hue += turn;
  hue -= floorf(hue);
  const float sector = floorf(hue * 6), f = hue * 6 - sector;
  const float low = v * (1 - s), falling = v * (1 - s * f), rising = v * (1 - s * (1 - f));
  const int which = int(sector) % 6;
  const float red = which == 0 || which == 5 ? v : which == 1 ? falling : which == 4 ? rising : low;
  const float green = which == 1 || which == 2 ? v : which == 0 ? rising : which == 3 ? falling : low;
  const float blue = which == 3 || which == 4 ? v : which == 2 ? rising : which == 5 ? falling : low;
  return {cut_to_byte(red * 255), cut_to_byte(green * 255), cut_to_byte(blue * 255)};
}

HOST_DEVICE Rgb recolored_pixel(ColorFunction f, float amount, const uint8_t* rgb) {
  if (f == ColorFunction::hue) return turned_hue(rgb, amount);
  const uint8_t gray = gray_of(rgb);
  if (f == ColorFunction::grayscale) return {gray, gray, gray};
  const float other = float(gray);
  return {blended(float(rgb[0]), other, amount), blended(float(rgb[1]), other, amount), blended(float(rgb[2]), other, amount)};
}

// ---- neighbours ----

// An element blended with the mean of its neighbourhood, in which it counts five times; `sum` is of these thirteen.
HOST_DEVICE uint8_t sharpened_by(uint8_t value, int sum, float amount) {
  return blended(float(value), rintf(float(sum) / 13.0f), amount);
}

// An element at a place in an image whose rows have p.w p.c elements; one at the border stays.
HOST_DEVICE uint8_t sharpened(const uint8_t* at, int row, int column, float amount, const RecolorParams& p) {
  if (row == 0 || column == 0 || row == p.h - 1 || column == p.w - 1) return *at;
  const int64_t row_elements = int64_t(p.w) * p.c;
  int sum = 4 * at[0];
  for (int dy = -1; dy <= 1; dy++)
    for (int dx = -1; dx <= 1; dx++) sum += at[dy * row_elements + dx * p.c];
  return sharpened_by(at[0], sum, amount);
}

}  // namespace convolt::CONVOLT_BACKEND
