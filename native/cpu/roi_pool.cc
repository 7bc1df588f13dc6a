// Regions of interest: their bins, and position-sensitive average pooling over them with its gradient.
#include "backend.h"

#include <algorithm>

#include "parallel.h"
#include "roi.h"

namespace convolt::cpu {
namespace {

// Calls bin(m, p, q, image, rows, columns, weight) for each bin that is not empty, regions [begin, end).
template <class Bin>
void for_bins(const PsRoiPoolParams& p, const int32_t* image, const RoiSpan* span_h, const RoiSpan* span_w, int64_t begin, int64_t end,
              const Bin& bin) {
  auto inside = [](RoiSpan span, int extent) { return RoiSpan{std::max(span.first, 0), std::min(span.last, extent)}; };
  for (int64_t m = begin; m < end; m++) {
    if (image[m] < 0 || image[m] >= p.n) continue;
    for (int64_t o = 0; o < p.p; o++)
      for (int64_t q = 0; q < p.q; q++) {
        const RoiSpan hs = inside(span_h[m * p.p + o], p.h), ws = inside(span_w[m * p.q + q], p.w);
        if (hs.first >= hs.last || ws.first >= ws.last) continue;
        bin(m, o, q, image[m], hs, ws, 1.0f / (float(hs.last - hs.first) * float(ws.last - ws.first)));
      }
  }
}

// Calls element(offset in x [n,h,w,k,p,q]) for each element of a bin, for k = 0.
template <class Element>
void for_elements(const PsRoiPoolParams& p, int64_t n, int64_t o, int64_t q, RoiSpan hs, RoiSpan ws, const Element& element) {
  for (int64_t h = hs.first; h < hs.last; h++)
    for (int64_t w = ws.first; w < ws.last; w++) element((((n * p.h + h) * p.w + w) * p.k * p.p + o) * p.q + q);
}

}  // namespace

void roi_spans(Context&, Bufs in, Bufs out, const RoiSpansParams& p) {
  for (int64_t m = 0; m < p.m; m++) {
    const float* roi = in[0].as<float>() + m * 5;
    out[0].as<int32_t>()[m] = narrow<int32_t>(roi[0]);
    const RoiAxis rows = roi_axis(roi[2], roi[4], p), columns = roi_axis(roi[1], roi[3], p);
    for (int o = 0; o < p.p; o++) out[1].as<RoiSpan>()[m * p.p + o] = roi_bin(rows, o, p.p, p.h);
    for (int q = 0; q < p.q; q++) out[2].as<RoiSpan>()[m * p.q + q] = roi_bin(columns, q, p.q, p.w);
  }
}

void ps_roi_pool(Context&, Bufs in, Bufs out, const PsRoiPoolParams& p) {
  if (out[0].numel == 0) return;
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  std::fill_n(y, out[0].numel, 0.0f);
  const int64_t bins = int64_t(p.p) * p.q, grain = 16384 / (int64_t(p.h) * p.w * p.k + 1) + 1;
  parallel_for(p.m, grain, [&](int64_t begin, int64_t end) {
    for_bins(p, in[1].as<int32_t>(), in[2].as<RoiSpan>(), in[3].as<RoiSpan>(), begin, end,
             [&](int64_t m, int64_t o, int64_t q, int64_t n, RoiSpan hs, RoiSpan ws, float weight) {
               float* to = y + ((m * p.p + o) * p.q + q) * p.k;
               for_elements(p, n, o, q, hs, ws, [&](int64_t offset) {
                 for (int64_t k = 0; k < p.k; k++) to[k] += x[offset + k * bins];
               });
               for (int64_t k = 0; k < p.k; k++) to[k] *= weight;
             });
  });
}

void ps_roi_pool_grad(Context&, Bufs in, Bufs out, const PsRoiPoolParams& p) {
  const float* dy = in[0].as<float>();
  float* dx = out[0].as<float>();
  std::fill_n(dx, out[0].numel, 0.0f);
  if (out[0].numel == 0) return;
  const int64_t bins = int64_t(p.p) * p.q;
  for_bins(p, in[1].as<int32_t>(), in[2].as<RoiSpan>(), in[3].as<RoiSpan>(), 0, p.m,
           [&](int64_t m, int64_t o, int64_t q, int64_t n, RoiSpan hs, RoiSpan ws, float weight) {
             const float* from = dy + ((m * p.p + o) * p.q + q) * p.k;
             for_elements(p, n, o, q, hs, ws, [&](int64_t offset) {
               for (int64_t k = 0; k < p.k; k++) dx[offset + k * bins] += from[k] * weight;
             });
           });
}

}  // namespace convolt::cpu
