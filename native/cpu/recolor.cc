// Functions of colours, one after the other (recolor.h). One image stays in the cache for all its steps.
#include "recolor.h"

#include <cstring>
#include <vector>

#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

// How often each level is in a channel; counts [256].
void count_channel(const uint8_t* image, int channel, int* counts, const RecolorParams& p) {
  memset(counts, 0, 256 * sizeof(int));
  const int64_t end = int64_t(p.h) * p.w * p.c;
  for (int64_t i = channel; i < end; i += p.c) counts[image[i]]++;
}

void count_grays(const uint8_t* image, int* counts, const RecolorParams& p) {
  if (p.c != 3) return count_channel(image, 0, counts, p);
  memset(counts, 0, 256 * sizeof(int));
  const int64_t end = int64_t(p.h) * p.w * 3;
  for (int64_t i = 0; i < end; i += 3) counts[gray_of(image + i)]++;
}

void apply_table(ColorFunction f, float amount, uint8_t* image, const RecolorParams& p) {
  const int64_t size = int64_t(p.h) * p.w * p.c;
  uint8_t table[256];
  int counts[256];
  LevelStatistics statistics = {};
  const auto fill_table = [&] {
    for (int level = 0; level < 256; level++) table[level] = table_entry(f, amount, level, counts, statistics);
  };
  if (f == ColorFunction::autocontrast || f == ColorFunction::equalize) {
    for (int c = 0; c < p.c; c++) {
      count_channel(image, c, counts, p);
      statistics = level_statistics(counts);
      fill_table();
      for (int64_t i = c; i < size; i += p.c) image[i] = table[image[i]];
    }
    return;
  }
  if (f == ColorFunction::contrast) {
    count_grays(image, counts, p);
    statistics = level_statistics(counts);
  }
  fill_table();
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

void sharpen(float amount, uint8_t* image, std::vector<uint8_t>& copy, const RecolorParams& p) {
  const int64_t size = int64_t(p.h) * p.w * p.c;
  copy.assign(image, image + size);
  int64_t i = 0;
  for (int row = 0; row < p.h; row++)
    for (int column = 0; column < p.w; column++)
      for (int c = 0; c < p.c; c++, i++) image[i] = sharpened(copy.data() + i, row, column, amount, p);
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
