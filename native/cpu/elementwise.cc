// Arithmetic with broadcasting, scale and shift, fill, and accumulation into a buffer.
#include "backend.h"

#include "parallel.h"

namespace convolt::cpu {
namespace {

struct Add {
  static float of(float a, float b) { return a + b; }
};
struct Subtract {
  static float of(float a, float b) { return a - b; }
};
struct Multiply {
  static float of(float a, float b) { return a * b; }
};
struct Divide {
  static float of(float a, float b) { return a / b; }
};

constexpr int kInner = kMaxRank - 1;

// Calls row(first, offset_a, offset_b) for each run along the last axis that starts in [begin, end) rows.
template <class Row>
void for_rows(const int32_t* shape, const int32_t* stride_a, const int32_t* stride_b, int64_t begin, int64_t end, const Row& row) {
  for (int64_t r = begin; r < end; r++) {
    int64_t rest = r, offset_a = 0, offset_b = 0;
    for (int axis = kInner - 1; axis >= 0; axis--) {
      const int64_t i = rest % shape[axis];
      rest /= shape[axis];
      offset_a += i * stride_a[axis];
      offset_b += i * stride_b[axis];
    }
    row(r * shape[kInner], offset_a, offset_b);
  }
}

template <class F>
void binary_run(const float* a, int64_t stride_a, const float* b, int64_t stride_b, float* y, int64_t n) {
  if (stride_a == 1 && stride_b == 1) {
    for (int64_t i = 0; i < n; i++) y[i] = F::of(a[i], b[i]);
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = F::of(a[i * stride_a], b[i * stride_b]);
  }
}

template <class F>
void binary(Bufs in, Bufs out, const BroadcastParams& p) {
  const float *a = in[0].as<float>(), *b = in[1].as<float>();
  float* y = out[0].as<float>();
  const int64_t inner = p.shape[kInner];
  if (out[0].numel == 0) return;
  if (out[0].numel == inner) {  // one long run, as dense operands give after their axes have been merged
    return parallel_for(inner, kElementGrain, [&](int64_t begin, int64_t end) {
      binary_run<F>(a + begin * p.strideA[kInner], p.strideA[kInner], b + begin * p.strideB[kInner], p.strideB[kInner], y + begin, end - begin);
    });
  }
  parallel_for(out[0].numel / inner, kElementGrain / inner + 1, [&](int64_t begin, int64_t end) {
    for_rows(p.shape, p.strideA, p.strideB, begin, end, [&](int64_t first, int64_t at_a, int64_t at_b) {
      binary_run<F>(a + at_a, p.strideA[kInner], b + at_b, p.strideB[kInner], y + first, inner);
    });
  });
}

template <class T>
void affine_of(Bufs in, Bufs out, const AffineParams& p) {
  const T* x = in[0].as<T>();
  float* y = out[0].as<float>();
  const int64_t inner = p.shape[kInner], stride = p.stride[kInner];
  if (out[0].numel == 0) return;
  auto run = [&](const T* from, float* to, int64_t n) {
    if (stride == 1) {
      for (int64_t i = 0; i < n; i++) to[i] = p.scale * float(from[i]) + p.shift;
    } else {
      for (int64_t i = 0; i < n; i++) to[i] = p.scale * float(from[i * stride]) + p.shift;
    }
  };
  if (out[0].numel == inner) {
    return parallel_for(inner, kElementGrain, [&](int64_t begin, int64_t end) { run(x + begin * stride, y + begin, end - begin); });
  }
  parallel_for(out[0].numel / inner, kElementGrain / inner + 1, [&](int64_t begin, int64_t end) {
    for_rows(p.shape, p.stride, p.stride, begin, end, [&](int64_t first, int64_t at, int64_t) { run(x + at, y + first, inner); });
  });
}

}  // namespace

void add(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Add>(in, out, p); }
void sub(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Subtract>(in, out, p); }
void mul(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Multiply>(in, out, p); }
void div(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Divide>(in, out, p); }

void affine(Context&, Bufs in, Bufs out, const AffineParams& p) { affine_of<float>(in, out, p); }
void affine_from_u8(Context&, Bufs in, Bufs out, const AffineParams& p) { affine_of<uint8_t>(in, out, p); }

void fill(Context&, Bufs, Bufs out, const FillParams& p) {
  float* y = out[0].as<float>();
  for (int64_t i = 0; i < out[0].numel; i++) y[i] = p.value;
}

void accumulate(Context&, Bufs in, Bufs, const AccumulateParams& p) {
  float* target = in[0].as<float>();
  const float* x = in[1].as<float>();
  parallel_for(in[0].numel, kElementGrain, [=](int64_t begin, int64_t end) {
    if (p.beta == 0) {
      for (int64_t i = begin; i < end; i++) target[i] = p.alpha * x[i];
    } else {
      for (int64_t i = begin; i < end; i++) target[i] = p.alpha * x[i] + p.beta * target[i];
    }
  });
}

}  // namespace convolt::cpu
