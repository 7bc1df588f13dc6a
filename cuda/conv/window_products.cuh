// The products of a convolution and of its weight gradient, over the windows of an image; implicit_gemm.cu says which they are.
#pragma once

#include "conv/packed_filters.cuh"
#include "conv/windows.cuh"

namespace convolt::CONVOLT_BACKEND {

inline int rows_of(const ConvParams& p) { return p.n * p.z * p.p * p.q; }
inline int taps_of(const ConvParams& p) { return p.t * p.r * p.s; }

// The windows of one pack's channels, the first's.
template <OuterIs OUTER, class T>
Windows<T, OUTER> windows_of(const T* x, const ConvParams& p) {
  return {x,
          {p.d, p.strideD, -p.padD, p.dilationD, Divisor(p.z), Divisor(p.t)},
          {p.h, p.strideH, -p.padH, p.dilationH, Divisor(p.p), Divisor(p.r)},
          {p.w, p.strideW, -p.padW, p.dilationW, Divisor(p.q), Divisor(p.s)},
          Divisor(pack_of(p).channels),
          p.c};
}

// May windows of these channels be copied by whole chunks?
template <class T>
bool channels_in_chunks(const T* image, int channels) {
  return channels % kChunk<T> == 0 && aligned_to_chunks(image);
}

// x_in_chunks: whether windows, those of x with outputs as their outer index, may be copied by whole chunks.
template <class X, class T>
void forward_product(Context& ctx, const X& windows, bool x_in_chunks, const T* w, const Epilogue<T>& epilogue, const ConvParams& p, TileMoments* moments) {
  const Pack pack = pack_of(p);
  const int rows = rows_of(p), depth = taps_of(p) * pack.channels;
  const Matrix<T, Major::depth> filters{pack_filters(ctx, w, p), depth};
  const bool vectors = x_in_chunks && in_chunks(filters, pack.filters, depth);
  const Slices slices{.count = pack.packs, .a = pack.channels, .b = int64_t(pack.filters) * depth, .y = pack.filters, .y_row = p.k};
  mma_gemm(ctx, windows, filters, rows, pack.filters, depth, vectors, epilogue, slices, moments);
}

// The windows have taps as their outer index.
template <class X, class T>
void weight_grad_product(Context& ctx, const T* dy, const X& windows, bool x_in_chunks, T* dw, const ConvParams& p) {
  const Pack pack = pack_of(p);
  const int rows = rows_of(p), window = taps_of(p) * pack.channels;
  const Matrix<T, Major::outer> gradients{dy, p.k};
  const bool vectors = x_in_chunks && in_chunks(gradients, pack.filters, rows);
  const Slices slices{.count = pack.packs, .a = pack.filters, .b = pack.channels, .y = int64_t(pack.filters) * window, .y_row = window};
  T* packed = pack.groups == 1 ? dw : ctx.scratch_array<T>(int64_t(p.k) * window);  // [k,taps,channels of a pack]
  mma_gemm(ctx, gradients, windows, pack.filters, window, rows, vectors, Epilogue<T>{.y = packed}, slices);
  if (pack.groups > 1) unpack_filters(ctx, packed, dw, p);
}

}  // namespace convolt::CONVOLT_BACKEND
