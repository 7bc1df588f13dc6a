// The bins of regions of interest, over which max_windows.cc then pools.
#include "backend.h"
#include "roi.h"

namespace convolt::cpu {

void roi_spans(Context&, Bufs in, Bufs out, const RoiSpansParams& p) {
  const float* rois = in[0].as<float>();      // [m,5]
  int32_t* image = out[0].as<int32_t>();      // [m]
  RoiSpan* span_h = out[1].as<RoiSpan>();     // [m,p]
  RoiSpan* span_w = out[2].as<RoiSpan>();     // [m,q]
  for (int64_t m = 0; m < p.m; m++) {
    const float* roi = rois + m * 5;
    image[m] = narrow<int32_t>(roi[0]);
    const RoiAxis rows = roi_axis(roi[2], roi[4], p), columns = roi_axis(roi[1], roi[3], p);
    for (int o = 0; o < p.p; o++) span_h[m * p.p + o] = roi_bin(rows, o, p.p, p.h);
    for (int q = 0; q < p.q; q++) span_w[m * p.q + q] = roi_bin(columns, q, p.q, p.w);
  }
}

}  // namespace convolt::cpu
