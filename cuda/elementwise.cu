// Arithmetic with broadcasting, scale and shift, fill, and accumulation into a buffer.
//
// Algorithm  elementwise. Operands are walked by strides over six extents, 0 along a broadcast axis; where
//            all strides are those of a dense tensor the index is the offset.
// Shapes     y [shape]; operands broadcast to it.
// Bytes      4 for each element read and written; a broadcast operand comes from the cache.
// Bound by   memory; index arithmetic for small inner extents on the strided path.
#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Walk {
  int32_t shape[kMaxRank], stride[kMaxRank];
  bool dense;

  // The offset of element i, counted in the order of the dense result.
  DEV int64_t offset(int64_t i) const {
    if (dense) return i;
    int64_t result = 0;
    for (int axis = kMaxRank - 1; axis >= 0; axis--) {
      result += i % shape[axis] * stride[axis];
      i /= shape[axis];
    }
    return result;
  }
};

Walk make_walk(const int32_t* shape, const int32_t* stride) {
  Walk walk{{}, {}, true};
  int64_t dense_stride = 1;
  for (int axis = kMaxRank - 1; axis >= 0; axis--) {
    walk.shape[axis] = shape[axis];
    walk.stride[axis] = stride[axis];
    if (shape[axis] != 1 && stride[axis] != dense_stride) walk.dense = false;
    dense_stride *= shape[axis];
  }
  return walk;
}

struct Add {
  static DEV float of(float a, float b) { return a + b; }
};
struct Subtract {
  static DEV float of(float a, float b) { return a - b; }
};
struct Multiply {
  static DEV float of(float a, float b) { return a * b; }
};
struct Divide {
  static DEV float of(float a, float b) { return a / b; }
};

template <class F>
__global__ void __launch_bounds__(kBlock)
    binary_kernel(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ y, int64_t n, Walk walk_a, Walk walk_b) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = F::of(a[walk_a.offset(i)], b[walk_b.offset(i)]);
}

template <class F>
void binary(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(binary_kernel<F>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), out[0].as<float>(), n,
           make_walk(p.shape, p.strideA), make_walk(p.shape, p.strideB));
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    affine_kernel(const T* __restrict__ x, float* __restrict__ y, int64_t n, Walk walk, float scale, float shift) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = scale * float(x[walk.offset(i)]) + shift;
}

template <class T>
void affine_of(Context& ctx, Bufs in, Bufs out, const AffineParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(affine_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<float>(), n, make_walk(p.shape, p.stride),
           p.scale, p.shift);
}

__global__ void __launch_bounds__(kBlock) fill_kernel(float* __restrict__ y, int64_t n, float value) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = value;
}

__global__ void __launch_bounds__(kBlock)
    accumulate_kernel(float* __restrict__ target, const float* __restrict__ x, int64_t n, float alpha, float beta) {
  for (int64_t i = first_element(); i < n; i += grid_threads())
    target[i] = beta == 0 ? alpha * x[i] : alpha * x[i] + beta * target[i];
}

}  // namespace

void add(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Add>(ctx, in, out, p); }
void sub(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Subtract>(ctx, in, out, p); }
void mul(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Multiply>(ctx, in, out, p); }
void div(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Divide>(ctx, in, out, p); }

void affine(Context& ctx, Bufs in, Bufs out, const AffineParams& p) { affine_of<float>(ctx, in, out, p); }
void affine_from_u8(Context& ctx, Bufs in, Bufs out, const AffineParams& p) { affine_of<uint8_t>(ctx, in, out, p); }

void fill(Context& ctx, Bufs, Bufs out, const FillParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0) launch(fill_kernel, blocks_for(n), kBlock, 0, ctx.stream, out[0].as<float>(), n, p.value);
}

void accumulate(Context& ctx, Bufs in, Bufs, const AccumulateParams& p) {
  const int64_t n = in[0].numel;
  if (n > 0)
    launch(accumulate_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), n, p.alpha, p.beta);
}

}  // namespace convolt::CONVOLT_BACKEND
