// Averages over the bins of regions of interest (roi_bins.h), by tables of the weights of their rows and columns.
// The gradient goes image row by image row, each of which takes its shares in the order of the regions.
#include <algorithm>

#include "backend.h"
#include "parallel.h"
#include "roi_bins.h"

namespace convolt::cpu {
namespace {

struct Tables {
  float* row_weights;     // [r,p,h]
  float* column_weights;  // [r,q,w]
  Span* rows;             // [r,p]
  Span* columns;          // [r,q]
};

Tables make_tables(Context& ctx, const float* rois, const RoiParams& p) {
  const int64_t row_bins = int64_t(p.r) * p.p, column_bins = int64_t(p.r) * p.q;
  const Tables tables = {ctx.scratch_array<float>(row_bins * p.h), ctx.scratch_array<float>(column_bins * p.w),
                         ctx.scratch_array<Span>(row_bins), ctx.scratch_array<Span>(column_bins)};
  for (int64_t i = 0; i < row_bins; i++) {
    const float* roi = rois + i / p.p * 5;  // [image,x1,y1,x2,y2]
    tables.rows[i] = bin_weights(roi[2], roi[4], int(i % p.p), p.p, p.h, p, tables.row_weights + i * p.h);
  }
  for (int64_t i = 0; i < column_bins; i++) {
    const float* roi = rois + i / p.q * 5;
    tables.columns[i] = bin_weights(roi[1], roi[3], int(i % p.q), p.q, p.w, p, tables.column_weights + i * p.w);
  }
  return tables;
}

// to[i] += weight * from[i], each of which may lie apart.
VECTORIZED void add_weighted(float* to, int64_t to_stride, const float* from, int64_t from_stride, float weight, int n) {
  if (to_stride == 1 && from_stride == 1) {
    for (int i = 0; i < n; i++) to[i] += weight * from[i];
  } else {
    for (int i = 0; i < n; i++) to[i * to_stride] += weight * from[i * from_stride];
  }
}

}  // namespace

void roi_align_forward(Context& ctx, Bufs in, Bufs out, const RoiParams& given) {
  const RoiParams p = without_empty(given, in[0].numel == 0, false);
  const float *x = in[0].as<float>(), *rois = in[1].as<float>();  // [n,h,w,k,bins], [r,5]
  float* y = out[0].as<float>();                                  // [r,p,q,k]
  if (out[0].numel == 0) return;
  const Tables tables = make_tables(ctx, rois, p);
  const int64_t channels = int64_t(p.k) * p.bins;
  parallel_for(int64_t(p.r) * p.p * p.q, 16, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t row_bin = i / p.q, region = row_bin / p.p, column_bin = region * p.q + i % p.q;
      const int64_t bin = i - region * p.p * p.q;
      const Span rows = tables.rows[row_bin], columns = tables.columns[column_bin];
      const int image = image_of(rois + region * 5, p.n);
      float* sums = y + i * p.k;  // [k]
      std::fill_n(sums, p.k, 0.0f);
      if (image < 0 || channels == 0) continue;
      for (int h = rows.begin; h < rows.end; h++) {
        const float* pixels = x + (int64_t(image) * p.h + h) * p.w * channels + bin % p.bins;
        for (int w = columns.begin; w < columns.end; w++) {
          const float weight = tables.row_weights[row_bin * p.h + h] * tables.column_weights[column_bin * p.w + w];
          add_weighted(sums, 1, pixels + w * channels, p.bins, weight, p.k);
        }
      }
    }
  });
}

void roi_align_grad(Context& ctx, Bufs in, Bufs out, const RoiParams& given) {
  const RoiParams p = without_empty(given, false, in[0].numel == 0);
  const float *dy = in[0].as<float>(), *rois = in[1].as<float>();  // [r,p,q,k], [r,5]
  float* dx = out[0].as<float>();                                  // [n,h,w,k,bins]
  if (out[0].numel == 0) return;
  const Tables tables = make_tables(ctx, rois, p);
  const int64_t channels = int64_t(p.k) * p.bins;
  parallel_for(int64_t(p.n) * p.h, 4, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int h = int(row % p.h), image = int(row / p.h);
      float* pixels = dx + row * p.w * channels;  // [w,k,bins]
      std::fill_n(pixels, p.w * channels, 0.0f);
      for (int64_t row_bin = 0; row_bin < int64_t(p.r) * p.p; row_bin++) {
        const Span rows = tables.rows[row_bin];
        const int64_t region = row_bin / p.p;
        if (h < rows.begin || h >= rows.end || image_of(rois + region * 5, p.n) != image) continue;
        for (int64_t column_bin = region * p.q; column_bin < (region + 1) * p.q; column_bin++) {
          const int64_t i = row_bin * p.q + column_bin - region * p.q, bin = i - region * p.p * p.q;
          const Span columns = tables.columns[column_bin];
          for (int w = columns.begin; w < columns.end; w++) {
            const float weight = tables.row_weights[row_bin * p.h + h] * tables.column_weights[column_bin * p.w + w];
            add_weighted(pixels + w * channels + bin % p.bins, p.bins, dy + i * p.k, 1, weight, p.k);
          }
        }
      }
    }
  });
}

}  // namespace convolt::cpu
