// Max pooling with a one-byte window index, its gradient, the gradient's own, and the places of the maxima. The first of
// equals wins; NaN is the largest of all; padding never wins. A window that holds only padding gives -infinity and no
// gradient.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "lanes.h"
#include "window.h"

namespace convolt::cpu {
namespace {

// The elements of a window that lie inside the image: where they are from its origin, and their taps.
struct WindowElements {
  int64_t offsets[256];
  int32_t taps[256];
  int count = 0, first = 0, last = -1;  // taps along a row, of which these are the elements

  void find(const PoolParams& p, const Taps& ts, const Taps& rs, const Taps& ss) {
    if (ss.first == first && ss.last == last) return;
    count = 0, first = ss.first, last = ss.last;
    for (int t = ts.first; t < ts.last; t++)
      for (int r = rs.first; r < rs.last; r++)
        for (int s = ss.first; s < ss.last; s++, count++) {
          offsets[count] = ((int64_t(t) * p.dilationD * p.h + int64_t(r) * p.dilationH) * p.w + int64_t(s) * p.dilationW) * p.c;
          taps[count] = (t * p.r + r) * p.s + s;
        }
  }
};

// The windows of one row of outputs: y, index [q,c]; x is the image's first element. A block of channels keeps its
// maxima in registers over all taps. It may reach into the next output, which is written later, and read the next
// position of the row.
VECTORIZED void max_row(const PoolParams& p, const float* x, int z, int o, float* __restrict y, uint8_t* __restrict index) {
  const Taps ts(z, p.strideD, p.padD, p.dilationD, p.t, p.d), rs(o, p.strideH, p.padH, p.dilationH, p.r, p.h);
  const float* row = x + (ts.origin * p.h + rs.origin) * p.w * p.c;
  WindowElements window;
  for (int q = 0; q < p.q; q++, y += p.c, index += p.c) {
    const Taps ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
    window.find(p, ts, rs, ss);
    const int first = window.count == 0 ? 0 : window.taps[0];
    const float* origin = row + ss.origin * p.c;
    const int64_t last = ss.origin + int64_t(ss.last - 1) * p.dilationW;
    const bool may_reach = int64_t(p.q - q - 1) * p.c >= kMostReach && (p.w - last - 1) * p.c >= kMostReach;
    for_channel_blocks(p.c, may_reach, [&](auto shape, int c0) __attribute__((always_inline)) {
      using Block = decltype(shape);
      typename Block::Floats largest[Block::count], value;
      typename Block::Ints at[Block::count];
      for (int v = 0; v < Block::count; v++) {
        largest[v] = typename Block::Floats{} - INFINITY;
        at[v] = typename Block::Ints{} + first;
      }
      for (int i = 0; i < window.count; i++) {
        const float* from = origin + window.offsets[i] + c0;
        for (int v = 0; v < Block::count; v++) {
          load(value, from + v * Block::lanes);
          const auto larger = ~(value <= largest[v]) & (largest[v] == largest[v]);  // NaN is larger, and stays
          at[v] = larger ? typename Block::Ints{} + window.taps[i] : at[v];
          largest[v] = larger ? value : largest[v];
        }
      }
      for (int v = 0; v < Block::count; v++) {
        store(largest[v], y + c0 + v * Block::lanes);
        store(__builtin_convertvector(at[v], typename Block::Bytes), index + c0 + v * Block::lanes);
      }
    });
  }
}

// One row of dx [w,c]: each element adds dy of the windows whose index names it. dy and index are the image's.
VECTORIZED void max_row_grad(const PoolParams& p, const PoolHolders& holders, const float* dy, const uint8_t* index, int d, int h,
                             float* __restrict dx) {
  const int first_z = holders.d.first[d], last_z = holders.d.last[d], first_p = holders.h.first[h], last_p = holders.h.last[h];
  for (int w = 0; w < p.w; w++, dx += p.c) {
    const int first_q = holders.w.first[w], last_q = holders.w.last[w];
    for_channel_blocks(p.c, [&](auto shape, int c0) __attribute__((always_inline)) {
      using Block = decltype(shape);
      typename Block::Floats sum[Block::count] = {}, value;
      typename Block::Ints mask;
      Lanes<int32_t, 4> masks[4];
      for (int z = first_z; z <= last_z; z++)
        for (int o = first_p; o <= last_p; o++)
          for (int q = first_q; q <= last_q; q++) {
            const int t = holders.d.tap(d, z), r = holders.h.tap(h, o), s = holders.w.tap(w, q);
            if (t < 0 || r < 0 || s < 0) continue;
            const int32_t tap = (t * p.r + r) * p.s + s;
            const int64_t output = ((int64_t(z) * p.p + o) * p.q + q) * p.c + c0;
            masks_of<Block::count * Block::lanes>(index + output, uint8_t(tap), masks);
            for (int v = 0; v < Block::count; v++) {
              load(value, dy + output + v * Block::lanes);
              load(mask, &masks[v]);
              sum[v] += typename Block::Floats(typename Block::Ints(value) & mask);
            }
          }
      for (int v = 0; v < Block::count; v++) store(sum[v], dx + c0 + v * Block::lanes);
    });
  }
}

// Whether no two windows share an element, and each has one that is not padding.
bool windows_are_apart(const PoolParams& p) {
  auto apart = [](int inputs, int outputs, int stride, int pad, int dilation, int taps) {
    return dilation == 1 && stride >= taps && pad < taps && int64_t(outputs - 1) * stride - pad < inputs;
  };
  return apart(p.d, p.z, p.strideD, p.padD, p.dilationD, p.t) && apart(p.h, p.p, p.strideH, p.padH, p.dilationH, p.r) &&
         apart(p.w, p.q, p.strideW, p.padW, p.dilationW, p.s);
}

// The elements of an axis up to the next window, which belong to an output alone.
struct Share {
  int64_t first, last;

  Share(int output, int outputs, int stride, int pad, int extent)
      : first(output == 0 ? 0 : int64_t(output) * stride - pad),
        last(output == outputs - 1 ? extent : int64_t(output + 1) * stride - pad) {}
};

// Windows that are apart: zeros, and each dy where its index says. dx is the image's.
void scatter_row(const PoolParams& p, const int64_t* offsets, const float* dy, const uint8_t* index, int z, int o, float* dx) {
  const Share ds(z, p.z, p.strideD, p.padD, p.d), hs(o, p.p, p.strideH, p.padH, p.h);
  for (int64_t d = ds.first; d < ds.last; d++) std::fill(dx + (d * p.h + hs.first) * p.w * p.c, dx + (d * p.h + hs.last) * p.w * p.c, 0.0f);
  const int64_t d = int64_t(z) * p.strideD - p.padD, h = int64_t(o) * p.strideH - p.padH;
  for (int64_t q = 0; q < p.q; q++, dy += p.c, index += p.c) {
    const int64_t corner = ((d * p.h + h) * p.w + q * p.strideW - p.padW) * p.c;
    for (int c = 0; c < p.c; c++) dx[corner + offsets[index[c]] + c] = dy[c];
  }
}

// Calls body(image, output, position) for each output: the place of its maximum in the plane [d,h,w], or -1 for a window
// of padding alone.
template <class Body>
void for_positions(const PoolParams& p, const uint8_t* index, int64_t outputs, const Body& body) {
  if (outputs == 0) return;
  for_output_rows(p, [&](int64_t image, int z, int o, int64_t output) {
    for (int64_t q = 0; q < p.q; q++)
      for (int c = 0; c < p.c; c++, output++) {
        const int tap = index[output];
        const int64_t d = int64_t(z) * p.strideD - p.padD + tap / (p.r * p.s) * p.dilationD;
        const int64_t h = int64_t(o) * p.strideH - p.padH + tap / p.s % p.r * p.dilationH;
        const int64_t w = q * p.strideW - p.padW + tap % p.s * p.dilationW;
        const bool inside = d >= 0 && d < p.d && h >= 0 && h < p.h && w >= 0 && w < p.w;
        body(image, output, inside ? (d * p.h + h) * p.w + w : -1);
      }
  });
}

}  // namespace

void max_pool_forward(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  uint8_t* index = out[1].as<uint8_t>();
  if (out[0].numel == 0) return;
  for_output_rows(p, [&](int64_t image, int z, int o, int64_t output) {
    max_row(p, x + image * image_elements(p), z, o, y + output, index + output);
  });
}

void max_pool_grad(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* dy = in[0].as<float>();
  const uint8_t* index = in[1].as<uint8_t>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  if (in[0].numel > 0 && windows_are_apart(p)) {
    int64_t offsets[256];  // of each tap from the corner of its window
    for (int tap = 0; tap < p.t * p.r * p.s; tap++)
      offsets[tap] = ((int64_t(tap / (p.r * p.s)) * p.h + tap / p.s % p.r) * p.w + tap % p.s) * p.c;
    return for_output_rows(p, [&](int64_t image, int z, int o, int64_t output) {
      scatter_row(p, offsets, dy + output, index + output, z, o, dx + image * image_elements(p));
    });
  }
  const PoolHolders holders(p);
  for_input_rows(p, [&](int64_t image, int d, int h, int64_t input) {
    const int64_t first = image * output_elements(p);
    max_row_grad(p, holders, dy + first, index + first, d, h, dx + input);
  });
}

void max_pool_gather(Context&, Bufs in, Bufs out, const PoolParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  for_positions(p, in[1].as<uint8_t>(), out[0].numel, [&](int64_t image, int64_t output, int64_t position) {
    const int64_t c = output % p.c;
    y[output] = position < 0 ? 0.0f : x[image * image_elements(p) + position * p.c + c];
  });
}

void max_pool_positions(Context&, Bufs in, Bufs out, const PoolParams& p) {
  int32_t* positions = out[0].as<int32_t>();
  for_positions(p, in[0].as<uint8_t>(), out[0].numel,
                [&](int64_t, int64_t output, int64_t position) { positions[output] = int32_t(position); });
}

}  // namespace convolt::cpu
