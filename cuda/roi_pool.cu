// Regions of interest: their bins, and position-sensitive average pooling over them with its gradient.
//
// Algorithm  spans: one thread for each bin of a region along one axis. Pooling: one thread for each output averages its
//            bin. Gradient: one thread for each input looks at the one bin of each region that reads its channel, in
//            the order of regions: no atomics.
// Shapes     rois [m,5] as (image, x1, y1, x2, y2); spanH [m,p,2]; spanW [m,q,2]; x, dx [n,h,w,k,p,q]; y, dy [m,p,q,k].
// Bytes      with e bytes an element: e an element of a bin and e an output; gradient e an input, and 20 a region and
//            input from the cache.
// Bound by   memory; the gradient by the number of regions.
#include "backend.h"
#include "element.h"
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

// A span cut to an axis, so that those of any content are safe.
DEV RoiSpan inside(RoiSpan span, int extent) { return {span.first > 0 ? span.first : 0, span.last < extent ? span.last : extent}; }

template <class T>
__global__ void __launch_bounds__(kBlock)
    ps_roi_pool_kernel(const T* __restrict__ x, const int32_t* __restrict__ image, const RoiSpan* __restrict__ span_h,
                       const RoiSpan* __restrict__ span_w, T* __restrict__ y, int64_t outputs, PsRoiPoolParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const int64_t k = i % p.k, q = i / p.k % p.q, o = i / p.k / p.q % p.p, m = i / p.k / p.q / p.p, n = image[m];
    const RoiSpan hs = inside(span_h[m * p.p + o], p.h), ws = inside(span_w[m * p.q + q], p.w);
    float sum = 0;
    if (n >= 0 && n < p.n)
      for (int64_t h = hs.first; h < hs.last; h++)
        for (int64_t w = ws.first; w < ws.last; w++) sum += widen(x[((((n * p.h + h) * p.w + w) * p.k + k) * p.p + o) * p.q + q]);
    const float count = hs.first < hs.last && ws.first < ws.last ? float(hs.last - hs.first) * float(ws.last - ws.first) : 1;
    y[i] = narrow<T>(sum / count);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    ps_roi_pool_grad_kernel(const T* __restrict__ dy, const int32_t* __restrict__ image, const RoiSpan* __restrict__ span_h,
                            const RoiSpan* __restrict__ span_w, T* __restrict__ dx, int64_t inputs, PsRoiPoolParams p) {
  for (int64_t i = first_element(); i < inputs; i += grid_threads()) {
    const int64_t q = i % p.q, o = i / p.q % p.p, k = i / p.q / p.p % p.k, pixel = i / p.q / p.p / p.k;
    const int64_t w = pixel % p.w, h = pixel / p.w % p.h, n = pixel / p.w / p.h;
    float sum = 0;
    for (int64_t m = 0; m < p.m; m++) {
      if (image[m] != n) continue;
      const RoiSpan hs = inside(span_h[m * p.p + o], p.h), ws = inside(span_w[m * p.q + q], p.w);
      if (h < hs.first || h >= hs.last || w < ws.first || w >= ws.last) continue;
      sum += widen(dy[((m * p.p + o) * p.q + q) * p.k + k]) / (float(hs.last - hs.first) * float(ws.last - ws.first));
    }
    dx[i] = narrow<T>(sum);
  }
}

}  // namespace

void roi_spans(Context& ctx, Bufs in, Bufs out, const RoiSpansParams& p) {
  const int64_t threads = p.m * (int64_t(p.p) + p.q + 1);
  if (p.m > 0)
    launch(roi_spans_kernel, blocks_for(threads), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<int32_t>(), out[1].as<RoiSpan>(),
           out[2].as<RoiSpan>(), p);
}

void ps_roi_pool(Context& ctx, Bufs in, Bufs out, const PsRoiPoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(ps_roi_pool_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int32_t>(), in[2].as<RoiSpan>(),
           in[3].as<RoiSpan>(), out[0].as<T>(), n, p);
  });
}

void ps_roi_pool_grad(Context& ctx, Bufs in, Bufs out, const PsRoiPoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(ps_roi_pool_grad_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int32_t>(), in[2].as<RoiSpan>(),
           in[3].as<RoiSpan>(), out[0].as<T>(), n, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
