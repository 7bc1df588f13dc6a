// Convolution without a matrix of windows, for groups of few channels: depthwise ones above all, where a matrix product
// has nothing to share.
//
// Algorithm  forward          a thread makes one output: it walks over the taps and its group's channels.
//            input gradient   a thread makes one element of dx: it gathers from the outputs that reach it.
//            weight gradient  rows are reduced for each weight: column_reduce.cuh, whose columns are the weights.
//            Neighbouring threads have neighbouring channels, so that depthwise reads and writes are whole lines.
// Shapes     x, dx [n,d,h,w,c]; w, dw [k,t,r,s,c/groups]; y, dy [n,z,p,q,k].
// Bytes      each input once from memory, taps times from the cache; the weight gradient reads x and dy once for each tap.
// Bound by   memory for large images, latency of the loads for small ones.
#pragma once

#include "column_reduce.cuh"
#include "element.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {

template <class T>
__global__ void __launch_bounds__(kBlock)
    direct_forward_kernel(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ bias, T* __restrict__ y, ConvParams p) {
  const int channels = p.c / p.groups, filters = p.k / p.groups;
  const int64_t all = int64_t(p.n) * p.z * p.p * p.q * p.k;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const Position out = position_of(i, p.z, p.p, p.q, p.k);
    const int first_channel = out.c / filters * channels;
    float sum = bias ? widen(bias[out.c]) : 0.0f;
    for (int tap = 0; tap < p.t * p.r * p.s; tap++) {
      const int d = out.d * p.strideD - p.padD + tap / (p.r * p.s) * p.dilationD;
      const int h = out.h * p.strideH - p.padH + tap / p.s % p.r * p.dilationH;
      const int column = out.w * p.strideW - p.padW + tap % p.s * p.dilationW;
      if (d < 0 || d >= p.d || h < 0 || h >= p.h || column < 0 || column >= p.w) continue;
      const T* window = x + (((int64_t(out.n) * p.d + d) * p.h + h) * p.w + column) * p.c + first_channel;
      const T* weights = w + (int64_t(out.c) * p.t * p.r * p.s + tap) * channels;
      for (int c = 0; c < channels; c++) sum += widen(window[c]) * widen(weights[c]);
    }
    y[i] = narrow<T>(sum);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    direct_input_grad_kernel(const T* __restrict__ dy, const T* __restrict__ w, T* __restrict__ dx, ConvParams p) {
  const int channels = p.c / p.groups, filters = p.k / p.groups;
  const int64_t all = int64_t(p.n) * p.d * p.h * p.w * p.c;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const Position in = position_of(i, p.d, p.h, p.w, p.c);
    const int first_filter = in.c / channels * filters, c = in.c % channels;
    const int last_z = last_output(in.d, p.strideD, p.padD, p.z), last_p = last_output(in.h, p.strideH, p.padH, p.p),
              last_q = last_output(in.w, p.strideW, p.padW, p.q);
    float sum = 0;
    for (int z = first_output(in.d, p.strideD, p.padD, p.dilationD, p.t); z <= last_z; z++) {
      const int t = tap_of(in.d, z, p.strideD, p.padD, p.dilationD, p.t);
      if (t < 0) continue;
      for (int o = first_output(in.h, p.strideH, p.padH, p.dilationH, p.r); o <= last_p; o++) {
        const int r = tap_of(in.h, o, p.strideH, p.padH, p.dilationH, p.r);
        if (r < 0) continue;
        for (int q = first_output(in.w, p.strideW, p.padW, p.dilationW, p.s); q <= last_q; q++) {
          const int s = tap_of(in.w, q, p.strideW, p.padW, p.dilationW, p.s);
          if (s < 0) continue;
          const T* gradients = dy + (((int64_t(in.n) * p.z + z) * p.p + o) * p.q + q) * p.k + first_filter;
          const int tap = (t * p.r + r) * p.s + s;
          for (int k = 0; k < filters; k++)
            sum += widen(gradients[k]) * widen(w[(int64_t(first_filter + k) * p.t * p.r * p.s + tap) * channels + c]);
        }
      }
    }
    dx[i] = narrow<T>(sum);
  }
}

struct WeightSum {
  float value;
  static DEV WeightSum zero() { return {0}; }
  DEV void merge(const WeightSum& other) { value += other.value; }
};

// Column [tap, c, k] of row (n, z, o, q), filters fastest: what that output position adds to one weight.
template <class T>
struct WeightTerms {
  const T* x;
  const T* dy;
  ConvParams p;

  DEV void add(WeightSum& sum, int64_t row, int64_t column) const {
    const int channels = p.c / p.groups, filters = p.k / p.groups;
    const int k = int(column % p.k), c = int(column / p.k % channels), tap = int(column / p.k / channels);
    const Position out = position_of(row, p.z, p.p, p.q, 1);
    const int d = out.d * p.strideD - p.padD + tap / (p.r * p.s) * p.dilationD;
    const int h = out.h * p.strideH - p.padH + tap / p.s % p.r * p.dilationH;
    const int w = out.w * p.strideW - p.padW + tap % p.s * p.dilationW;
    if (d < 0 || d >= p.d || h < 0 || h >= p.h || w < 0 || w >= p.w) return;
    const int64_t input = (((int64_t(out.n) * p.d + d) * p.h + h) * p.w + w) * p.c + k / filters * channels + c;
    sum.value += widen(x[input]) * widen(dy[row * p.k + k]);
  }
};

template <class T>
__global__ void __launch_bounds__(kBlock) direct_weights_kernel(const WeightSum* __restrict__ partials, T* __restrict__ dw, ConvParams p, int parts) {
  const int channels = p.c / p.groups, taps = p.t * p.r * p.s;
  const int64_t all = int64_t(taps) * channels * p.k;
  for (int64_t column = first_element(); column < all; column += grid_threads()) {
    const int64_t k = column % p.k, c = column / p.k % channels, tap = column / p.k / channels;
    dw[(k * taps + tap) * channels + c] = narrow<T>(merge_parts(partials, parts, all, column).value);
  }
}

template <class T>
void direct_weight_grad(Context& ctx, const T* x, const T* dy, T* dw, const ConvParams& p) {
  const int64_t rows = int64_t(p.n) * p.z * p.p * p.q, weights = int64_t(p.t) * p.r * p.s * (p.c / p.groups) * p.k;
  const Parts parts = parts_of(rows);
  WeightSum* partials = ctx.scratch_array<WeightSum>(parts.count * weights);  // [parts,taps,c/groups,k]
  launch_column_partials(ctx.stream, WeightTerms<T>{x, dy, p}, partials, rows, weights, parts);
  launch(direct_weights_kernel<T>, blocks_for(weights), kBlock, 0, ctx.stream, partials, dw, p, parts.count);
}

}  // namespace convolt::CONVOLT_BACKEND
