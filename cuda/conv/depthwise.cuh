// Depthwise convolution, a filter for each channel: nothing to share but what neighbouring outputs read.
//
// Algorithm  forward          a thread makes four neighbouring outputs along w of eight channels. Where windows move by as much
//                             as their taps lie apart, it slides four columns of x along the taps in registers, and loads
//                             one vector for each tap; else it loads four, which come from the cache.
//            input gradient   each phase of the stride (phases.cuh) is such a convolution of dy, its taps in reverse.
//            weight gradient  a thread sums four neighbouring taps of eight channels over a part of the output rows; the
//                             parts are added in order.
//            Neighbouring threads have neighbouring channels. Filters are read from a copy [taps,c].
// Shapes     x, dx [n,d,h,w,c]; w, dw [c,t,r,s]; y, dy [n,z,p,q,c]; c a multiple of 8.
// Bytes      x and y once from memory, x up to taps times from the cache; the weight gradient reads x and dy once for each
//            four taps.
// Bound by   memory; for kernels of 7 x 7 and more, by float32 arithmetic.
#pragma once

#include "conv/phases.cuh"
#include "mma/epilogue.cuh"
#include "params.h"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {

constexpr int kNeighbours = 4;  // outputs, or taps, of a thread along w
constexpr int kChannelVector = Epilogue<float>::kVector;
constexpr int kDepthwiseBlock = 128;  // smaller than elsewhere: a thread holds many columns and sums
using ChannelSums = float[kChannelVector];

template <class T>
DEV void load_channels(ChannelSums& values, const T* source) {
  constexpr int words = kChannelVector * int(sizeof(T)) / int(sizeof(uint4));
  uint4 raw[words];
  UNROLL
  for (int i = 0; i < words; i++) raw[i] = reinterpret_cast<const uint4*>(source)[i];
  T elements[kChannelVector];
  memcpy(elements, raw, sizeof raw);
  UNROLL
  for (int e = 0; e < kChannelVector; e++) values[e] = widen(elements[e]);
}

DEV void add_products(ChannelSums& sums, const ChannelSums& a, const ChannelSums& b) {
  UNROLL
  for (int e = 0; e < kChannelVector; e++) sums[e] += a[e] * b[e];
}

// filters [taps,c] = w [c,taps].
template <class T>
__global__ void __launch_bounds__(kBlock) lay_out_filters_kernel(const T* __restrict__ w, T* __restrict__ filters, int taps, int c) {
  const int64_t all = int64_t(taps) * c;
  for (int64_t i = first_element(); i < all; i += grid_threads()) filters[i] = w[i % c * taps + i / c];
}

// One axis of a pass: outputs first_output + o * output_stride of `extent_y`, for o below the windows' outputs; tap j of their
// windows is tap first_tap + j * tap_step of the filters. No taps: first_tap is negative.
struct DepthwiseAxis {
  WindowAxis windows;
  int extent_y, first_output, output_stride;
  int first_tap, tap_step;

  DEV int taps() const { return first_tap < 0 ? 0 : int(windows.taps.divisor); }
};

template <class T>
struct DepthwisePass {
  const T* x;        // [n,d,h,w,c]
  const T* filters;  // [t,r,s,c]
  Epilogue<T> epilogue;
  DepthwiseAxis d, h, w;
  int n, c, r, s;
};

template <class T>
struct Line {
  const T* data;  // [w,c] at the thread's channels
  int extent, c;

  // Zeros outside.
  DEV void load(ChannelSums& values, int column) const {
    if (column >= 0 && column < extent) return load_channels(values, data + int64_t(column) * c);
    UNROLL
    for (int e = 0; e < kChannelVector; e++) values[e] = 0;
  }
};

// SLIDES: windows move by as much as their taps lie apart.
template <class T, bool SLIDES>
DEV void add_line(ChannelSums (&sums)[kNeighbours], const Line<T>& line, const T* filters, const DepthwisePass<T>& pass, int first_output) {
  const WindowAxis& windows = pass.w.windows;
  const int taps = pass.w.taps(), start = first_output * windows.stride + windows.first;
  ChannelSums columns[kNeighbours], filter;
  if constexpr (SLIDES) {
    UNROLL
    for (int o = 0; o < kNeighbours; o++) line.load(columns[o], start + o * windows.stride);
  }
  for (int j0 = 0; j0 < taps; j0 += kNeighbours) {
    UNROLL
    for (int u = 0; u < kNeighbours; u++) {
      const int j = j0 + u;
      if (j >= taps) break;
      load_channels(filter, filters + int64_t(pass.w.first_tap + j * pass.w.tap_step) * pass.c);
      UNROLL
      for (int o = 0; o < kNeighbours; o++) {
        if constexpr (SLIDES) {
          add_products(sums[o], columns[(u + o) % kNeighbours], filter);
        } else {
          line.load(columns[o], start + o * windows.stride + j * windows.step);
          add_products(sums[o], columns[o], filter);
        }
      }
      if (SLIDES && j + 1 < taps) line.load(columns[u], start + (j + kNeighbours) * windows.stride);
    }
  }
}

template <class T, bool SLIDES>
__global__ void __launch_bounds__(kDepthwiseBlock, SLIDES ? 3 : 4) depthwise_kernel(const __grid_constant__ DepthwisePass<T> pass) {
  const WindowAxis &axis_d = pass.d.windows, &axis_h = pass.h.windows, &axis_w = pass.w.windows;
  const int outputs = int(axis_w.outputs.divisor), vectors = pass.c / kChannelVector, groups = (outputs + kNeighbours - 1) / kNeighbours;
  const int64_t all = int64_t(pass.n) * axis_d.outputs.divisor * axis_h.outputs.divisor * groups * vectors;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const Position at = position_of(i, int(axis_d.outputs.divisor), int(axis_h.outputs.divisor), groups, vectors);
    const int channel = at.c * kChannelVector, first_output = at.w * kNeighbours;
    ChannelSums sums[kNeighbours] = {};
    for (int t = 0; t < pass.d.taps(); t++) {
      const int d = at.d * axis_d.stride + axis_d.first + t * axis_d.step;
      if (d < 0 || d >= axis_d.extent) continue;
      for (int r = 0; r < pass.h.taps(); r++) {
        const int h = at.h * axis_h.stride + axis_h.first + r * axis_h.step;
        if (h < 0 || h >= axis_h.extent) continue;
        const Line<T> line{pass.x + ((int64_t(at.n) * axis_d.extent + d) * axis_h.extent + h) * axis_w.extent * pass.c + channel, axis_w.extent, pass.c};
        const int tap = ((pass.d.first_tap + t * pass.d.tap_step) * pass.r + pass.h.first_tap + r * pass.h.tap_step) * pass.s;
        add_line<T, SLIDES>(sums, line, pass.filters + int64_t(tap) * pass.c + channel, pass, first_output);
      }
    }
    const int z = pass.d.first_output + at.d * pass.d.output_stride, p = pass.h.first_output + at.h * pass.h.output_stride;
    UNROLL
    for (int o = 0; o < kNeighbours; o++) {
      if (first_output + o >= outputs) break;
      const int q = pass.w.first_output + (first_output + o) * pass.w.output_stride;
      const int64_t place = (((int64_t(at.n) * pass.d.extent_y + z) * pass.h.extent_y + p) * pass.w.extent_y + q) * pass.c + channel;
      pass.epilogue.write(sums[o], place, channel, kChannelVector);
    }
  }
}

// ---- weight gradient ----

// sums [parts,taps,c]: a thread has four taps along s, eight channels and a part of the rows [n,z,p].
template <class T>
__global__ void __launch_bounds__(kBlock)
    depthwise_weight_sums_kernel(const T* __restrict__ x, const T* __restrict__ dy, float* __restrict__ sums, ConvParams p, int parts, int rows_per_part) {
  const int vectors = p.c / kChannelVector, groups = (p.s + kNeighbours - 1) / kNeighbours, rows = p.n * p.z * p.p;
  const int64_t all = int64_t(parts) * p.t * p.r * groups * vectors;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const Position at = position_of(i, p.t, p.r, groups, vectors);  // n is the part
    const int channel = at.c * kChannelVector, first_tap = at.w * kNeighbours;
    ChannelSums taps[kNeighbours] = {};
    for (int row = at.n * rows_per_part; row < rows && row < (at.n + 1) * rows_per_part; row++) {
      const int n = row / p.p / p.z, d = row / p.p % p.z * p.strideD - p.padD + at.d * p.dilationD, h = row % p.p * p.strideH - p.padH + at.h * p.dilationH;
      if (d < 0 || d >= p.d || h < 0 || h >= p.h) continue;
      const Line<T> line{x + ((int64_t(n) * p.d + d) * p.h + h) * p.w * p.c + channel, p.w, p.c};
      for (int q = 0; q < p.q; q++) {
        ChannelSums gradient, column;
        load_channels(gradient, dy + (int64_t(row) * p.q + q) * p.c + channel);
        UNROLL
        for (int u = 0; u < kNeighbours; u++) {
          line.load(column, q * p.strideW - p.padW + (first_tap + u) * p.dilationW);
          add_products(taps[u], column, gradient);
        }
      }
    }
    const int64_t tap = (int64_t(at.n) * p.t + at.d) * p.r + at.h;
    UNROLL
    for (int u = 0; u < kNeighbours; u++)
      if (first_tap + u < p.s) Epilogue<float>{.y = sums, .vectors = true}.write(taps[u], (tap * p.s + first_tap + u) * p.c + channel, channel, kChannelVector);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock) add_weight_sums_kernel(const float* __restrict__ sums, T* __restrict__ dw, int parts, int taps, int c) {
  const int64_t all = int64_t(taps) * c;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    float sum = 0;
    for (int part = 0; part < parts; part++) sum += sums[part * all + i];
    dw[i % c * taps + i / c] = narrow<T>(sum);
  }
}

// ---- launches ----

// Do these kernels take the convolution? Its tensors have elements, and no more than an int counts.
inline bool depthwise_takes(const ConvParams& p) {
  constexpr int most_phases = 64;
  const int64_t phases = int64_t(std::min(p.strideD, p.d)) * std::min(p.strideH, p.h) * std::min(p.strideW, p.w);
  return p.groups == p.c && p.k == p.c && p.c % kChannelVector == 0 && phases <= most_phases;
}

template <class... Pointers>
bool in_vectors(const Pointers*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) % sizeof(uint4) == 0) && ...);
}

// An axis whose windows move by as much as the taps lie apart, in either direction, slides; the taps are reversed for it.
inline bool make_sliding(DepthwiseAxis& axis) {
  WindowAxis& windows = axis.windows;
  if (windows.step == -windows.stride && axis.first_tap >= 0) {
    const int last = int(windows.taps.divisor) - 1;
    windows.first += last * windows.step;
    windows.step = windows.stride;
    axis.first_tap += last * axis.tap_step;
    axis.tap_step = -axis.tap_step;
  }
  return windows.step == windows.stride;
}

template <class T>
void run_depthwise(Context& ctx, DepthwisePass<T> pass) {
  const bool slides = make_sliding(pass.w);
  const int64_t outputs = int64_t(pass.n) * pass.d.windows.outputs.divisor * pass.h.windows.outputs.divisor * pass.w.windows.outputs.divisor;
  const int64_t threads = (outputs + kNeighbours - 1) / kNeighbours * (pass.c / kChannelVector);
  const unsigned blocks = blocks_for(threads * (kBlock / kDepthwiseBlock));
  launch(slides ? depthwise_kernel<T, true> : depthwise_kernel<T, false>, blocks, kDepthwiseBlock, 0, ctx.stream, pass);
}

template <class T>
const T* lay_out_filters(Context& ctx, const T* w, const ConvParams& p) {
  const int taps = p.t * p.r * p.s;
  T* filters = ctx.scratch_array<T>(int64_t(taps) * p.c);  // [taps,c]
  launch(lay_out_filters_kernel<T>, blocks_for(int64_t(taps) * p.c), kBlock, 0, ctx.stream, w, filters, taps, p.c);
  return filters;
}

template <class T>
void depthwise_forward(Context& ctx, const T* x, const T* w, const Epilogue<T>& epilogue, const ConvParams& p) {
  const DepthwiseAxis d{{p.d, p.strideD, -p.padD, p.dilationD, Divisor(p.z), Divisor(p.t)}, p.z, 0, 1, 0, 1};
  const DepthwiseAxis h{{p.h, p.strideH, -p.padH, p.dilationH, Divisor(p.p), Divisor(p.r)}, p.p, 0, 1, 0, 1};
  const DepthwiseAxis q{{p.w, p.strideW, -p.padW, p.dilationW, Divisor(p.q), Divisor(p.s)}, p.q, 0, 1, 0, 1};
  run_depthwise(ctx, DepthwisePass<T>{x, lay_out_filters(ctx, w, p), epilogue, d, h, q, p.n, p.c, p.r, p.s});
}

template <class T>
void depthwise_input_grad(Context& ctx, const T* dy, const T* w, T* dx, const ConvParams& p) {
  const T* filters = lay_out_filters(ctx, w, p);
  auto axis = [](const Phase& phase, int extent) {
    return DepthwiseAxis{phase.windows, extent, phase.first, phase.stride, phase.first_tap, phase.tap_step};
  };
  for (const Phase& d : phases_of(p.d, p.z, p.t, p.strideD, p.padD, p.dilationD))
    for (const Phase& h : phases_of(p.h, p.p, p.r, p.strideH, p.padH, p.dilationH))
      for (const Phase& q : phases_of(p.w, p.q, p.s, p.strideW, p.padW, p.dilationW))
        run_depthwise(ctx, DepthwisePass<T>{dy, filters, Epilogue<T>{.y = dx, .vectors = true}, axis(d, p.d), axis(h, p.h), axis(q, p.w), p.n, p.c, p.r, p.s});
}

template <class T>
void depthwise_weight_grad(Context& ctx, const T* x, const T* dy, T* dw, const ConvParams& p) {
  constexpr int64_t enough_threads = 1 << 17;
  const int taps = p.t * p.r * p.s, rows = p.n * p.z * p.p;
  const int64_t each_part = int64_t(p.t) * p.r * ((p.s + kNeighbours - 1) / kNeighbours) * (p.c / kChannelVector);
  const int64_t wanted = std::clamp((enough_threads + each_part - 1) / each_part, int64_t(1), int64_t(rows));
  const int rows_per_part = int((rows + wanted - 1) / wanted), parts = (rows + rows_per_part - 1) / rows_per_part;
  float* sums = ctx.scratch_array<float>(int64_t(parts) * taps * p.c);  // [parts,taps,c]
  launch(depthwise_weight_sums_kernel<T>, blocks_for(parts * each_part), kBlock, 0, ctx.stream, x, dy, sums, p, parts, rows_per_part);
  launch(add_weight_sums_kernel<T>, blocks_for(int64_t(taps) * p.c), kBlock, 0, ctx.stream, sums, dw, parts, taps, p.c);
}

}  // namespace convolt::CONVOLT_BACKEND
