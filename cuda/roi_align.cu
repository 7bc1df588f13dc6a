// Averages over the bins of regions of interest: RoI align, and its position-sensitive kin.
//
// Algorithm  an average over a bin is separable (roi_bins.h): a table of weights for each bin's rows and columns comes
//            first. Forward: one thread for each result reads the pixels under its bin. Gradient: one thread for each
//            pixel and channel gathers from the bins over it, in the order of the regions; without atomics.
// Shapes     x [n,h,w,k,bins], rois [r,5], y [r,p,q,k].
// Bytes      each pixel under a bin once for each bin; 4 an element of the tables [r,p,h] and [r,q,w].
// Bound by   memory (forward); the test of every region for every pixel where there are thousands of regions (gradient).
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "roi_bins.h"

namespace convolt::CONVOLT_BACKEND {
namespace {

// What of an image a region reaches.
struct Reach {
  int image;
  Span rows, columns;
};

struct Tables {
  float* row_weights;     // [r,p,h]
  float* column_weights;  // [r,q,w]
  Span* rows;             // [r,p]
  Span* columns;          // [r,q]
  Reach* reach;           // [r]
};

// One thread for each bin along an axis: p for the rows and q for the columns of each region. The race checker does not
// see a call's result that is stored at once.
__global__ void __launch_bounds__(kBlock, 4)  // without the 4, ptxas gives 48 registers and spills
    bin_weights_kernel(const float* __restrict__ rois, Tables tables, RoiParams p) {
  const int axis_bins = p.p + p.q;
  for (int64_t i = first_element(); i < int64_t(p.r) * axis_bins; i += grid_threads()) {
    const int64_t region = i / axis_bins;
    const float* roi = rois + region * 5;  // [image,x1,y1,x2,y2]
    int bin = int(i % axis_bins);
    if (bin < p.p) {
      const int64_t at = region * p.p + bin;
      const Span rows = bin_weights(roi[2], roi[4], bin, p.p, p.h, p, tables.row_weights + at * p.h);
      tables.rows[at] = rows;
    } else {
      bin -= p.p;
      const int64_t at = region * p.q + bin;
      const Span columns = bin_weights(roi[1], roi[3], bin, p.q, p.w, p, tables.column_weights + at * p.w);
      tables.columns[at] = columns;
    }
  }
}

DEV Span hull(const Span* spans, int count) {
  Span all = {INT32_MAX, 0};
  for (int i = 0; i < count; i++) {
    if (spans[i].begin >= spans[i].end) continue;
    if (spans[i].begin < all.begin) all.begin = spans[i].begin;
    if (spans[i].end > all.end) all.end = spans[i].end;
  }
  return all;
}

__global__ void __launch_bounds__(kBlock) reach_kernel(const float* __restrict__ rois, Tables tables, RoiParams p) {
  for (int64_t i = first_element(); i < p.r; i += grid_threads())
    tables.reach[i] = {image_of(rois + i * 5, p.n), hull(tables.rows + i * p.p, p.p), hull(tables.columns + i * p.q, p.q)};
}

Tables make_tables(Context& ctx, const float* rois, const RoiParams& p) {
  const int64_t row_bins = int64_t(p.r) * p.p, column_bins = int64_t(p.r) * p.q;
  const Tables tables = {ctx.scratch_array<float>(row_bins * p.h), ctx.scratch_array<float>(column_bins * p.w),
                         ctx.scratch_array<Span>(row_bins), ctx.scratch_array<Span>(column_bins), ctx.scratch_array<Reach>(p.r)};
  if (row_bins + column_bins > 0)
    launch(bin_weights_kernel, blocks_for(row_bins + column_bins), kBlock, 0, ctx.stream, rois, tables, p);
  if (p.r > 0) launch(reach_kernel, blocks_for(p.r), kBlock, 0, ctx.stream, rois, tables, p);
  return tables;
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    roi_align_kernel(const T* __restrict__ x, T* __restrict__ y, Tables tables, RoiParams p) {
  const int64_t n = int64_t(p.r) * p.p * p.q * p.k, channels = int64_t(p.k) * p.bins;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t k = i % p.k, bin = i / p.k % (int64_t(p.p) * p.q), region = i / p.k / p.p / p.q;
    const int64_t row_bin = region * p.p + bin / p.q, column_bin = region * p.q + bin % p.q;
    const Span rows = tables.rows[row_bin], columns = tables.columns[column_bin];
    const float* row_weights = tables.row_weights + row_bin * p.h;           // [h]
    const float* column_weights = tables.column_weights + column_bin * p.w;  // [w]
    const int image = tables.reach[region].image;
    float sum = 0;
    if (image >= 0) {
      const T* pixels = x + int64_t(image) * p.h * p.w * channels + k * p.bins + bin % p.bins;  // [h,w], channels apart
      for (int h = rows.begin; h < rows.end; h++) {
        float row = 0;
        for (int w = columns.begin; w < columns.end; w++)
          row += column_weights[w] * widen(pixels[(int64_t(h) * p.w + w) * channels]);
        sum += row_weights[h] * row;
      }
    }
    y[i] = narrow<T>(sum);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    roi_align_grad_kernel(const T* __restrict__ dy, T* __restrict__ dx, Tables tables, RoiParams p) {
  const int64_t channels = int64_t(p.k) * p.bins, n = int64_t(p.n) * p.h * p.w * channels;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t channel = i % channels, k = channel / p.bins, own_bin = channel % p.bins;
    const int w = int(i / channels % p.w), h = int(i / channels / p.w % p.h), image = int(i / channels / p.w / p.h);
    float sum = 0;
    for (int64_t region = 0; region < p.r; region++) {
      const Reach reach = tables.reach[region];
      if (reach.image != image || h < reach.rows.begin || h >= reach.rows.end || w < reach.columns.begin || w >= reach.columns.end)
        continue;
      for (int64_t row_bin = region * p.p; row_bin < (region + 1) * p.p; row_bin++) {
        const float row_weight = tables.row_weights[row_bin * p.h + h];
        if (row_weight == 0) continue;
        const int64_t first_bin = (row_bin - region * p.p) * p.q;
        for (int q = 0; q < p.q; q++) {
          if ((first_bin + q) % p.bins != own_bin) continue;
          const float column_weight = tables.column_weights[(region * p.q + q) * p.w + w];
          if (column_weight != 0) sum += row_weight * column_weight * widen(dy[(row_bin * p.q + q) * p.k + k]);
        }
      }
    }
    dx[i] = narrow<T>(sum);
  }
}

}  // namespace

void roi_align_forward(Context& ctx, Bufs in, Bufs out, const RoiParams& given) {
  const RoiParams p = without_empty(given, in[0].numel == 0, false);
  if (out[0].numel == 0) return;
  const Tables tables = make_tables(ctx, in[1].as<float>(), p);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(roi_align_kernel<T>, blocks_for(out[0].numel), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), tables, p);
  });
}

void roi_align_grad(Context& ctx, Bufs in, Bufs out, const RoiParams& given) {
  const RoiParams p = without_empty(given, false, in[0].numel == 0);
  if (out[0].numel == 0) return;
  const Tables tables = make_tables(ctx, in[1].as<float>(), p);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(roi_align_grad_kernel<T>, blocks_for(out[0].numel), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), tables, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
