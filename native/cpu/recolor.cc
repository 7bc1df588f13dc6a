// Functions of colours, one after the other (recolor.h). One image stays in the cache for all its steps.
#include "recolor.h"

#include <cstring>
#include <vector>

#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

using Counts = int[256];  // how often each level is there

// Of a channel. Two counters take turns: one that is increased again at once has to wait for itself.
void count_channel(const uint8_t* image, int channel, Counts& counts, const RecolorParams& p) {
  Counts odd = {};
  memset(counts, 0, sizeof counts);
  const int64_t c = p.c, pixels = int64_t(p.h) * p.w;
  image += channel;
  for (int64_t i = 0; i + 1 < pixels; i += 2) {
    counts[image[i * c]]++;
    odd[image[(i + 1) * c]]++;
  }
  if (pixels % 2) counts[image[(pixels - 1) * c]]++;
  for (int level = 0; level < 256; level++) counts[level] += odd[level];
}

void count_grays(const uint8_t* image, Counts& counts, const RecolorParams& p) {
  if (p.c != 3) return count_channel(image, 0, counts, p);
  memset(counts, 0, sizeof counts);
  const int64_t end = int64_t(p.h) * p.w * 3;
  for (int64_t i = 0; i < end; i += 3) counts[gray_of(image + i)]++;
}

using Table = uint8_t[256];

void fill_table(ColorFunction f, float amount, const Counts& counts, Table& table) {
  const LevelStatistics statistics = uses_counts(f) ? level_statistics(counts) : LevelStatistics{};
  for (int level = 0; level < 256; level++) table[level] = table_entry(f, amount, level, counts, statistics);
}

void apply_table(ColorFunction f, float amount, uint8_t* image, const RecolorParams& p) {
  const int64_t size = int64_t(p.h) * p.w * p.c;
  Table table;
  Counts counts;
  if (f == ColorFunction::autocontrast || f == ColorFunction::equalize) {
    for (int c = 0; c < p.c; c++) {
      count_channel(image, c, counts, p);
      fill_table(f, amount, counts, table);
      for (int64_t i = c; i < size; i += p.c) image[i] = table[image[i]];
    }
    return;
  }
  if (f == ColorFunction::contrast) count_grays(image, counts, p);
  fill_table(f, amount, counts, table);
  for (int64_t i = 0; i < size; i++) image[i] = table[image[i]];
}

template <ColorFunction f>
VECTORIZED void apply_to_pixels(float amount, uint8_t* image, int64_t pixels) {
  for (int64_t i = 0; i < pixels; i++) {
    const Rgb pixel = recolored_pixel(f, amount, image + 3 * i);
    image[3 * i] = pixel.r;
    image[3 * i + 1] = pixel.g;
    image[3 * i + 2] = pixel.b;
  }
}

// The elements of a row between its first and its last pixel; see sharpened().
VECTORIZED void sharpen_row(const uint8_t* x, float amount, uint8_t* y, int64_t row_elements, int64_t c) {
  const uint8_t *above = x - row_elements, *below = x + row_elements;
  for (int64_t i = c; i < row_elements - c; i++) {
    const int sum = above[i - c] + above[i] + above[i + c] + x[i - c] + 5 * x[i] + x[i + c] + below[i - c] + below[i] + below[i + c];
    y[i] = sharpened_by(x[i], sum, amount);
  }
}

void sharpen(float amount, uint8_t* image, std::vector<uint8_t>& copy, const RecolorParams& p) {
  const int64_t row_elements = int64_t(p.w) * p.c;
  copy.assign(image, image + p.h * row_elements);
  for (int64_t row = 1; row < p.h - 1; row++)
    sharpen_row(copy.data() + row * row_elements, amount, image + row * row_elements, row_elements, p.c);
}

}  // namespace

void recolor(Context&, Bufs in, Bufs out, const RecolorParams& p) {
  const uint8_t* x = in[0].as<uint8_t>();          // [n,h,w,c]
  const int32_t* function = in[1].as<int32_t>();   // [n,steps]
  const float* amount = in[2].as<float>();         // [n,steps]
  uint8_t* y = out[0].as<uint8_t>();               // [n,h,w,c]
  const int64_t pixels = int64_t(p.h) * p.w, size = pixels * p.c;
  if (size == 0) return;
  parallel_for(p.n, 1, [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> copy;
    for (int64_t n = begin; n < end; n++) {
      uint8_t* image = y + n * size;
      memcpy(image, x + n * size, size);
      for (int64_t step = n * p.steps; step < (n + 1) * p.steps; step++) {
        const ColorFunction f = ColorFunction(function[step]);
        if (uses_table(f)) apply_table(f, amount[step], image, p);
        else if (uses_neighbours(f, p.h, p.w)) sharpen(amount[step], image, copy, p);
        else if (!uses_pixels(f, p.c)) continue;
        else if (f == ColorFunction::hue) apply_to_pixels<ColorFunction::hue>(amount[step], image, pixels);
        else if (f == ColorFunction::saturation) apply_to_pixels<ColorFunction::saturation>(amount[step], image, pixels);
        else apply_to_pixels<ColorFunction::grayscale>(amount[step], image, pixels);
      }
    }
  });
}

}  // namespace convolt::cpu
