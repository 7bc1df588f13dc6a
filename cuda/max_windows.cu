// The largest element of windows of any size, and the spans of fractional max pooling.
//
// Algorithm  one thread for each output walks its window and keeps the largest value and its place in the image's plane
//            [d,h,w]. The first of equals wins; NaN is the largest of all; a window without elements gives `empty` and
//            the place -1. Spans are cut to the image, so those of any content are safe.
//            fractional spans: output o of a column starts at floor((o + sample) * alpha) - floor(sample * alpha) with
//            alpha = (input - kernel) / (outputs - 1), and the last one ends with the input.
// Shapes     x [n,d,h,w,c]; y, position [m,z,p,q,c]; image [m]; spans [rows,outputs,2]; samples [m,c,axes].
// Bytes      with e bytes an element: e an input (overlaps come from the cache) and e + 4 an output.
// Bound by   memory; the longest window where windows differ much.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Span {
  int first, last;
};

// The spans of one axis; without any, a window is the whole axis.
struct Spans {
  const int32_t* data;  // [rows,outputs,2]
  int64_t columns_per_row;
  int outputs, extent;

  DEV Span of(int64_t column, int output) const {
    if (data == nullptr) return {0, extent};
    const int32_t* span = data + (column / columns_per_row * outputs + output) * 2;
    return {span[0] > 0 ? span[0] : 0, span[1] < extent ? span[1] : extent};
  }
};

Spans spans_of(const Buf& buf, int64_t columns, int rows, int outputs, int extent) {
  return {rows > 0 ? buf.as<int32_t>() : nullptr, rows > 0 ? (columns + rows - 1) / rows : 1, outputs, extent};
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    max_windows_kernel(const T* __restrict__ x, const int32_t* __restrict__ image, Spans spans_d, Spans spans_h, Spans spans_w,
                       T* __restrict__ y, int32_t* __restrict__ position, int64_t outputs, MaxWindowsParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const Position out = position_of(i, p.z, p.p, p.q, p.c);
    const int64_t column = int64_t(out.n) * p.c + out.c;
    const int n = image ? image[out.n] : out.n;
    const bool exists = n >= 0 && n < p.n;
    const Span ds = spans_d.of(column, out.d), hs = spans_h.of(column, out.h), ws = spans_w.of(column, out.w);
    float largest = p.empty;
    int64_t at = -1;
    for (int64_t d = ds.first; d < ds.last && exists; d += p.dilationD)
      for (int64_t h = hs.first; h < hs.last; h += p.dilationH)
        for (int64_t w = ws.first; w < ws.last; w += p.dilationW) {
          const float value = widen(x[(((n * int64_t(p.d) + d) * p.h + h) * p.w + w) * p.c + out.c]);
          if (at >= 0 && !(value > largest) && !(isnan(value) && !isnan(largest))) continue;
          largest = value;
          at = (d * p.h + h) * p.w + w;
        }
    y[i] = narrow<T>(largest);
    position[i] = int32_t(at);
  }
}

__global__ void __launch_bounds__(kBlock)
    fractional_spans_kernel(const float* __restrict__ samples, int32_t* __restrict__ span, int64_t spans, FractionalParams p) {
  for (int64_t i = first_element(); i < spans; i += grid_threads()) {
    const int64_t column = i / p.outputs;
    const int output = int(i % p.outputs), room = p.input > p.kernel ? p.input - p.kernel : 0;
    int64_t first = room;
    if (output < p.outputs - 1 && p.axis < p.axes) {
      const float sample = samples[column * p.axes + p.axis], alpha = float(room) / float(p.outputs - 1);
      first = whole_part((float(output) + sample) * alpha, 0, room) - whole_part(sample * alpha, 0, room);
    }
    span[2 * i] = int32_t(first);
    span[2 * i + 1] = int32_t(first + p.kernel <= p.input ? first + p.kernel : p.input);
  }
}

}  // namespace

void max_windows(Context& ctx, Bufs in, Bufs out, const MaxWindowsParams& p) {
  const int64_t n = out[0].numel, columns = int64_t(p.m) * p.c;
  if (n == 0) return;
  const Spans spans_d = spans_of(in[2], columns, p.rowsD, p.z, p.d), spans_h = spans_of(in[3], columns, p.rowsH, p.p, p.h),
              spans_w = spans_of(in[4], columns, p.rowsW, p.q, p.w);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(max_windows_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int32_t>(), spans_d, spans_h, spans_w,
           out[0].as<T>(), out[1].as<int32_t>(), n, p);
  });
}

void fractional_spans(Context& ctx, Bufs in, Bufs out, const FractionalParams& p) {
  const int64_t n = out[0].numel / 2;
  if (n > 0)
    launch(fractional_spans_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<int32_t>(), n, p);
}

}  // namespace convolt::CONVOLT_BACKEND
