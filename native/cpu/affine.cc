// Scale and shift, fill, and accumulation into a buffer.
#include "backend.h"

#include "element.h"
#include "rows.h"

namespace convolt::cpu {
namespace {

template <class T>
VECTORIZED void affine_block(const T* x, float* y, int64_t n, float scale, float shift) {
  for (int64_t i = 0; i < n; i++) y[i] = scale * widen(x[i]) + shift;
}

template <class T>
void affine_of(Bufs in, Bufs out, const AffineParams& p) {
  const T* x = in[0].as<T>();
  float* y = out[0].as<float>();
  const Rows<1> rows{p.shape, {p.stride}};
  const int64_t stride = rows.inner_stride(0);
  rows.walk(out[0].numel, [&](int64_t first, const auto& at, int64_t n) {
    if (stride == 1) return affine_block(x + at[0], y + first, n, p.scale, p.shift);
    for (int64_t i = 0; i < n; i++) y[first + i] = p.scale * widen(x[at[0] + i * stride]) + p.shift;
  });
}

VECTORIZED void accumulate_range(float* target, const float* x, int64_t n, float alpha, float beta) {
  if (beta == 0) {
    for (int64_t i = 0; i < n; i++) target[i] = alpha * x[i];
  } else {
    for (int64_t i = 0; i < n; i++) target[i] = alpha * x[i] + beta * target[i];
  }
}

}  // namespace

void affine(Context&, Bufs in, Bufs out, const AffineParams& p) { affine_of<float>(in, out, p); }
void affine_from_u8(Context&, Bufs in, Bufs out, const AffineParams& p) { affine_of<uint8_t>(in, out, p); }

void fill(Context&, Bufs, Bufs out, const FillParams& p) {
  float* y = out[0].as<float>();
  for (int64_t i = 0; i < out[0].numel; i++) y[i] = p.value;
}

void accumulate(Context&, Bufs in, Bufs, const AccumulateParams& p) {
  float* target = in[0].as<float>();
  const float* x = in[1].as<float>();
  parallel_for(in[0].numel, kElementGrain,
               [=](int64_t begin, int64_t end) { accumulate_range(target + begin, x + begin, end - begin, p.alpha, p.beta); });
}

}  // namespace convolt::cpu
