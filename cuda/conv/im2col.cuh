// The matrix of a convolution's input windows, and the way back.
//
// Algorithm  im2col: row i of the matrix holds the window of output position i, taps outside the image as zeros, so
//            that convolution is a matrix product. One matrix for each group: [groups,rows,taps*c/groups].
//            col2im: each input element sums the matrix entries that were copied from it: a gather, so no atomics,
//            and a fixed order. Both work on a range of rows, which bounds the matrix's size.
// Shapes     x, dx [n,d,h,w,c]; columns [groups,rows,t*r*s*c/groups]; rows are positions in [n,z,p,q].
// Bytes      rows * taps * c elements written and read again: the price of this path; see the direct kernels for less.
// Bound by   memory.
#pragma once

#include "element.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {

struct RowRange {
  int64_t first, count;
};

template <class T>
__global__ void __launch_bounds__(kBlock) im2col_kernel(const T* __restrict__ x, T* __restrict__ columns, ConvParams p, RowRange rows) {
  const int channels = p.c / p.groups, taps = p.t * p.r * p.s;
  const int64_t all = rows.count * taps * p.c;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const int c = int(i % channels), tap = int(i / channels % taps);
    const int64_t row = i / channels / taps % rows.count;
    const int group = int(i / channels / taps / rows.count);
    const Position out = position_of((rows.first + row), p.z, p.p, p.q, 1);
    const int d = out.d * p.strideD - p.padD + tap / (p.r * p.s) * p.dilationD;
    const int h = out.h * p.strideH - p.padH + tap / p.s % p.r * p.dilationH;
    const int w = out.w * p.strideW - p.padW + tap % p.s * p.dilationW;
    const bool inside = d >= 0 && d < p.d && h >= 0 && h < p.h && w >= 0 && w < p.w;
    columns[i] = inside ? x[(((int64_t(out.n) * p.d + d) * p.h + h) * p.w + w) * p.c + group * channels + c] : narrow<T>(0.0f);
  }
}

// Adds to dx what the given rows contribute; an image whose first row lies in the range starts from zero.
// Covers the images from that of the first row to that of the last.
template <class T>
__global__ void __launch_bounds__(kBlock, 3)  // without the 3, ptxas gives 64 registers and spills
    col2im_kernel(const T* __restrict__ columns, float* __restrict__ dx, ConvParams p, RowRange rows, int64_t first_image, int64_t images) {
  const int channels = p.c / p.groups, taps = p.t * p.r * p.s;
  const int64_t image_rows = int64_t(p.z) * p.p * p.q, all = images * p.d * p.h * p.w * p.c;
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const Position in = position_of(i, p.d, p.h, p.w, p.c);
    const int64_t image = first_image + in.n, element = first_image * p.d * p.h * p.w * p.c + i;
    const int group = in.c / channels, c = in.c % channels;
    const int last_z = last_output(in.d, p.strideD, p.padD, p.z), last_p = last_output(in.h, p.strideH, p.padH, p.p),
              last_q = last_output(in.w, p.strideW, p.padW, p.q);
    float sum = image * image_rows >= rows.first ? 0.0f : dx[element];
    for (int z = first_output(in.d, p.strideD, p.padD, p.dilationD, p.t); z <= last_z; z++) {
      const int t = tap_of(in.d, z, p.strideD, p.padD, p.dilationD, p.t);
      if (t < 0) continue;
      for (int o = first_output(in.h, p.strideH, p.padH, p.dilationH, p.r); o <= last_p; o++) {
        const int r = tap_of(in.h, o, p.strideH, p.padH, p.dilationH, p.r);
        if (r < 0) continue;
        for (int q = first_output(in.w, p.strideW, p.padW, p.dilationW, p.s); q <= last_q; q++) {
          const int s = tap_of(in.w, q, p.strideW, p.padW, p.dilationW, p.s);
          if (s < 0) continue;
          const int64_t row = image * image_rows + (int64_t(z) * p.p + o) * p.q + q - rows.first;
          if (row < 0 || row >= rows.count) continue;
          const int tap = (t * p.r + r) * p.s + s;
          sum += widen(columns[((group * rows.count + row) * taps + tap) * channels + c]);
        }
      }
    }
    dx[element] = sum;
  }
}

}  // namespace convolt::CONVOLT_BACKEND
