// The bins of regions of interest, over which max_windows.cu then pools.
//
// Algorithm  one thread for each bin of a region along one axis.
// Shapes     rois [m,5] as (image, x1, y1, x2, y2); image [m]; spanH [m,p,2]; spanW [m,q,2].
// Bytes      20 read for each region, 8 written for each bin.
// Bound by   the launch: there are few regions.
#include "backend.h"
#include "grid.cuh"
#include "roi.h"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void __launch_bounds__(kBlock)
    roi_spans_kernel(const float* __restrict__ rois, int32_t* __restrict__ image, RoiSpan* __restrict__ span_h,
                     RoiSpan* __restrict__ span_w, RoiSpansParams p) {
  const int64_t bins = int64_t(p.p) + p.q + 1;  // and one for the image
  for (int64_t i = first_element(); i < p.m * bins; i += grid_threads()) {
    const int64_t m = i / bins, bin = i % bins;
    const float* roi = rois + m * 5;
    if (bin < p.p)
      span_h[m * p.p + bin] = roi_bin(roi_axis(roi[2], roi[4], p), int(bin), p.p, p.h);
    else if (bin < int64_t(p.p) + p.q)
      span_w[m * p.q + bin - p.p] = roi_bin(roi_axis(roi[1], roi[3], p), int(bin - p.p), p.q, p.w);
    else
      image[m] = narrow<int32_t>(roi[0]);
  }
}

}  // namespace

void roi_spans(Context& ctx, Bufs in, Bufs out, const RoiSpansParams& p) {
  const int64_t threads = p.m * (int64_t(p.p) + p.q + 1);
  if (p.m > 0)
    launch(roi_spans_kernel, blocks_for(threads), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<int32_t>(), out[1].as<RoiSpan>(),
           out[2].as<RoiSpan>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
