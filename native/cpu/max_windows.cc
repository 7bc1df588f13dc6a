// The largest element of windows of any size, and the spans of fractional max pooling. The first of equals wins; NaN is
// the largest of all; a window without elements gives `empty` and the position -1. Spans are cut to the image.
#include "backend.h"

#include <algorithm>

#include "element.h"
#include "lanes.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

struct Span {
  int64_t first, last;
};

// The spans of one axis, [rows,outputs,2]; without any, a window is the whole axis.
struct Spans {
  const int32_t* data;
  int64_t columns_per_row, outputs, extent;

  Spans(const Buf& buf, int64_t columns, int64_t rows, int64_t outputs, int64_t extent)
      : data(rows > 0 ? buf.as<int32_t>() : nullptr), columns_per_row(rows > 0 ? (columns + rows - 1) / rows : columns),
        outputs(outputs), extent(extent) {}

  Span of(int64_t column, int64_t output) const {
    if (data == nullptr) return {0, extent};
    const int32_t* span = data + (column / columns_per_row * outputs + output) * 2;
    return {std::max<int64_t>(span[0], 0), std::min<int64_t>(span[1], extent)};
  }
};

// One window of some channels from c on; x is the image's first element, y and position the output's.
VECTORIZED void max_window(const MaxWindowsParams& p, const float* x, Span ds, Span hs, Span ws, int first_channel, int channels,
                           float* y, int32_t* position) {
  if (ds.first >= ds.last || hs.first >= hs.last || ws.first >= ws.last) {
    std::fill_n(y + first_channel, channels, p.empty);
    std::fill_n(position + first_channel, channels, -1);
    return;
  }
  const int32_t first = int32_t((ds.first * p.h + hs.first) * p.w + ws.first);
  for_channel_blocks(channels, [&](auto shape, int block) __attribute__((always_inline)) {
    using Block = decltype(shape);
    const int c0 = first_channel + block;
    typename Block::Floats largest[Block::count], value;
    typename Block::Ints at[Block::count];
    for (int v = 0; v < Block::count; v++) {
      load(largest[v], x + int64_t(first) * p.c + c0 + v * Block::lanes);
      at[v] = typename Block::Ints{} + first;
    }
    for (int64_t d = ds.first; d < ds.last; d += p.dilationD)
      for (int64_t h = hs.first; h < hs.last; h += p.dilationH)
        for (int64_t w = ws.first; w < ws.last; w += p.dilationW) {
          const int64_t place = (d * p.h + h) * p.w + w;
          for (int v = 0; v < Block::count; v++) {
            load(value, x + place * p.c + c0 + v * Block::lanes);
            const auto larger = ~(value <= largest[v]) & (largest[v] == largest[v]);  // NaN is larger, and stays
            at[v] = larger ? typename Block::Ints{} + int32_t(place) : at[v];
            largest[v] = larger ? value : largest[v];
          }
        }
    for (int v = 0; v < Block::count; v++) {
      store(largest[v], y + c0 + v * Block::lanes);
      store(at[v], position + c0 + v * Block::lanes);
    }
  });
}

}  // namespace

void max_windows(Context&, Bufs in, Bufs out, const MaxWindowsParams& p) {
  if (out[0].numel == 0) return;
  const float* x = in[0].as<float>();
  const int32_t* image = in[1].as<int32_t>();
  const int64_t columns = int64_t(p.m) * p.c, plane = int64_t(p.d) * p.h * p.w;
  const Spans spans_d(in[2], columns, p.rowsD, p.z, p.d), spans_h(in[3], columns, p.rowsH, p.p, p.h);
  const Spans spans_w(in[4], columns, p.rowsW, p.q, p.w);
  const int64_t shared = std::min({spans_d.columns_per_row, spans_h.columns_per_row, spans_w.columns_per_row});
  const int channels = shared % p.c == 0 ? p.c : 1;  // that have their windows in common
  const int64_t rows = int64_t(p.m) * p.z * p.p;
  const int64_t grain = 32768 / ((p.q + plane / (int64_t(p.z) * p.p)) * p.c + 1) + 1;
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t m = row / p.p / p.z, z = row / p.p % p.z, o = row % p.p, n = image ? image[m] : m;
      const bool exists = n >= 0 && n < p.n;
      for (int64_t q = 0; q < p.q; q++)
        for (int c = 0; c < p.c; c += channels) {
          const int64_t column = m * p.c + c, output = (row * p.q + q) * p.c;
          const Span ds = exists ? spans_d.of(column, z) : Span{0, 0};
          max_window(p, x + (exists ? n * plane * p.c : 0), ds, spans_h.of(column, o), spans_w.of(column, q), c, channels,
                     out[0].as<float>() + output, out[1].as<int32_t>() + output);
        }
    }
  });
}

void fractional_spans(Context&, Bufs in, Bufs out, const FractionalParams& p) {
  if (out[0].numel == 0) return;
  const float* samples = in[0].as<float>();
  int32_t* span = out[0].as<int32_t>();
  const int room = std::max(p.input - p.kernel, 0);
  for (int64_t column = 0; column < int64_t(p.m) * p.c; column++)
    for (int output = 0; output < p.outputs; output++) {
      int64_t first = room;
      if (output < p.outputs - 1 && p.axis < p.axes) {
        const float sample = samples[column * p.axes + p.axis], alpha = float(room) / float(p.outputs - 1);
        first = whole_part((float(output) + sample) * alpha, 0, room) - whole_part(sample * alpha, 0, room);
      }
      *span++ = int32_t(first);
      *span++ = int32_t(std::min<int64_t>(first + p.kernel, p.input));
    }
}

}  // namespace convolt::cpu
