// The elements under each window as a tensor of their own, and the sum of such tensors where windows lie.
#include "backend.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"
#include "window.h"

namespace convolt::cpu {
namespace {

// Along one axis: the output whose window holds the input i at this tap, or -1.
int64_t output_at(int64_t i, int64_t tap, int64_t stride, int64_t pad, int64_t dilation, int64_t outputs) {
  const int64_t first = i + pad - tap * dilation;  // of the window
  return first >= 0 && first % stride == 0 && first / stride < outputs ? first / stride : -1;
}

// Copies the window of one output to `to` [t,r,s,c], whose elements outside of the image are 0 already.
void copy_window(const float* image, float* to, const UnfoldParams& p, int64_t z, int64_t o, int64_t q) {
  const Taps ts(z, p.strideD, p.padD, p.dilationD, p.t, p.d), rs(o, p.strideH, p.padH, p.dilationH, p.r, p.h),
      ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
  for (int64_t t = ts.first; t < ts.last; t++)
    for (int64_t r = rs.first; r < rs.last; r++)
      for (int64_t s = ss.first; s < ss.last; s++) {
        const int64_t d = ts.origin + t * p.dilationD, h = rs.origin + r * p.dilationH, w = ss.origin + s * p.dilationW;
        std::memcpy(to + ((t * p.r + r) * p.s + s) * p.c, image + ((d * p.h + h) * p.w + w) * p.c, size_t(p.c) * sizeof(float));
      }
}

// Adds the taps (t, r) of one row of windows [q,t,r,s,c] to the row of the image [w,c] that they lie in.
void add_row(const float* windows, float* to, const UnfoldParams& p, int64_t t, int64_t r) {
  for (int64_t q = 0; q < p.q; q++) {
    const Taps ss(q, p.strideW, p.padW, p.dilationW, p.s, p.w);
    for (int64_t s = ss.first; s < ss.last; s++) {
      const float* from = windows + (((q * p.t + t) * p.r + r) * p.s + s) * p.c;
      float* at = to + (ss.origin + s * p.dilationW) * p.c;
      for (int64_t c = 0; c < p.c; c++) at[c] += from[c];
    }
  }
}

}  // namespace

void unfold(Context&, Bufs in, Bufs out, const UnfoldParams& p) {
  const float* x = in[0].as<float>();  // [n,d,h,w,c]
  float* y = out[0].as<float>();       // [n,z,p,q,t,r,s,c]
  if (out[0].numel == 0) return;
  const int64_t window = int64_t(p.t) * p.r * p.s * p.c, row = p.q * window;
  parallel_for(int64_t(p.n) * p.z * p.p, kElementGrain / row + 1, [&](int64_t begin, int64_t end) {
    std::fill(y + begin * row, y + end * row, 0.0f);
    for (int64_t i = begin; i < end; i++)
      for (int64_t q = 0; q < p.q; q++)
        copy_window(x + i / p.p / p.z * p.d * p.h * p.w * p.c, y + i * row + q * window, p, i / p.p % p.z, i % p.p, q);
  });
}

void fold(Context&, Bufs in, Bufs out, const UnfoldParams& p) {
  const float* y = in[0].as<float>();  // [n,z,p,q,t,r,s,c]
  float* x = out[0].as<float>();       // [n,d,h,w,c]
  if (out[0].numel == 0) return;
  const int64_t row = int64_t(p.w) * p.c, windows = int64_t(p.q) * p.t * p.r * p.s * p.c;
  parallel_for(int64_t(p.n) * p.d * p.h, kElementGrain / (row * p.t * p.r * p.s) + 1, [&](int64_t begin, int64_t end) {
    std::fill(x + begin * row, x + end * row, 0.0f);
    for (int64_t i = begin; i < end; i++) {
      const int64_t image = i / p.h / p.d, d = i / p.h % p.d, h = i % p.h;
      for (int64_t t = 0; t < p.t; t++)
        for (int64_t r = 0; r < p.r; r++) {
          const int64_t z = output_at(d, t, p.strideD, p.padD, p.dilationD, p.z), o = output_at(h, r, p.strideH, p.padH, p.dilationH, p.p);
          if (z >= 0 && o >= 0) add_row(y + ((image * p.z + z) * p.p + o) * windows, x + i * row, p, t, r);
        }
    }
  });
}

}  // namespace convolt::cpu
