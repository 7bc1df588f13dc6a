// The part of an image of few channels that the windows of a tile of outputs read, in shared memory.
//
// A row of a window, its s taps of c channels, lies in one piece in the image. So it does in the patch, whose rows are those of
// the image: element j of row r of the window of the tile's output (p, q) is
//   patch[(p * stride_h + r * dilation_h) * pitch + lead + q * stride_w + j]
// where stride_w counts elements. Nothing is laid out once for each tap.
#pragma once

#include "divisor.cuh"
#include "mma/matrix.cuh"

namespace convolt::CONVOLT_BACKEND {

constexpr int kStemOutputs = 128;  // of a tile
constexpr int kStemRow = 16;       // outputs next to each other along w: those of one mma

// A tile of the outputs of an image. Of those from the first on, so many each way lie inside of y.
struct StemTile {
  int image, first_p, first_q, inside_p, inside_q;

  DEV int outputs() const { return inside_p * inside_q; }
};

struct Stem {
  int h, row;             // rows of an image, elements of a row: w * c
  int p, q, k;            // of y
  int r, window;          // rows of a window, elements of a row: s * c
  int stride_h, stride_w; // along w in elements
  int before_h, before_w; // the padding, likewise
  int dilation_h;
  bool in_chunks;         // rows of x begin at 16 bytes, and are whole chunks
  int tile_h = 8, tile_w = kStemOutputs / 8;    // outputs
  int tiles_p = 0, tiles_q = 0, tiles = 0;      // of an image each way, of all images
  int patch_h = 0, pitch = 0, lead = 0;

  HOST_DEVICE int patch_elements() const { return patch_h * pitch; }
  HOST_DEVICE int taps() const { return r * window; }

  DEV StemTile tile(int index) const {
    const int first_q = index % tiles_q * tile_w, first_p = index / tiles_q % tiles_p * tile_h;
    const int left_p = p - first_p, left_q = q - first_q;
    return {index / tiles_q / tiles_p, first_p, first_q, left_p < tile_h ? left_p : tile_h, left_q < tile_w ? left_q : tile_w};
  }

  // The tile's outputs come in rows of kStemRow, numbered along w first.
  DEV int row_p(int index) const { return index / (tile_w / kStemRow); }
  DEV int row_q(int index) const { return index % (tile_w / kStemRow) * kStemRow; }

  // Where the windows of such a row begin in the patch.
  DEV int row_place(int index) const { return row_p(index) * stride_h * pitch + row_q(index) * stride_w + lead; }

  // Where element `tap` of a window lies in the patch, from its beginning.
  DEV int tap_place(int tap) const { return tap / window * dilation_h * pitch + tap % window; }

  // The place of a tile's output in y.
  DEV int64_t output(const StemTile& tile, int of_p, int of_q) const {
    return ((int64_t(tile.image) * p + tile.first_p + of_p) * q + tile.first_q + of_q) * k;
  }

  // Starts the copy of a tile's patch, with zeros around the image.
  template <class T>
  DEV void start_patch(T* patch, const T* x, const StemTile& tile) const {
    const int first_row = tile.first_p * stride_h - before_h, first = tile.first_q * stride_w - before_w - lead;
    const T* image = x + int64_t(tile.image) * h * row;
    const int step = in_chunks ? kChunk<T> : 1, steps = pitch / step;
    for (int i = threadIdx.x; i < patch_h * steps; i += blockDim.x) {
      const int of_h = first_row + i / steps, element = first + i % steps * step;
      const bool inside = unsigned(of_h) < unsigned(h) && unsigned(element) < unsigned(row);
      const T* source = inside ? image + int64_t(of_h) * row + element : x;
      if (in_chunks) cp_async_16(patch + i * kChunk<T>, source, inside);
      else patch[i] = inside ? *source : narrow<T>(0.0f);
    }
  }
};

inline int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

template <class T>
Stem stem_of(const T* x, const ConvParams& p) {
  Stem stem{.h = p.h, .row = p.w * p.c, .p = p.p, .q = p.q, .k = p.k, .r = p.r, .window = p.s * p.c, .stride_h = p.strideH,
            .stride_w = p.strideW * p.c, .before_h = p.padH, .before_w = p.padW * p.c, .dilation_h = p.dilationH,
            .in_chunks = p.w * p.c % kChunk<T> == 0 && aligned_to_chunks(x)};
  while (stem.tile_h > p.p) stem.tile_h /= 2;
  stem.tile_w = kStemOutputs / stem.tile_h;
  stem.tiles_p = (p.p + stem.tile_h - 1) / stem.tile_h, stem.tiles_q = (p.q + stem.tile_w - 1) / stem.tile_w;
  stem.tiles = p.n * stem.tiles_p * stem.tiles_q;
  // Tiles begin at whole chunks but for the padding.
  if (stem.in_chunks) stem.lead = round_up(stem.before_w, kChunk<T>) - stem.before_w;
  stem.patch_h = (stem.tile_h - 1) * p.strideH + (p.r - 1) * p.dilationH + 1;
  stem.pitch = round_up(stem.lead + (stem.tile_w - 1) * stem.stride_w + stem.window + 1, kChunk<T>);
  return stem;
}

}  // namespace convolt::CONVOLT_BACKEND
