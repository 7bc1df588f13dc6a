// Scale and shift, fill, and accumulation into a buffer.
//
// Algorithm  elementwise; x is walked by strides over up to six extents, 0 along a broadcast axis. A thread has a vector
//            of 16 bytes of the wider type where that is possible, as in elementwise.cu.
// Shapes     y [shape]; x broadcasts to it. accumulate: target and x of one count.
// Bytes      those of each element read and written.
// Bound by   memory; index arithmetic for small inner extents on the strided path.
#include "backend.h"
#include "element.h"
#include "vector.cuh"
#include "walk.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class X, class Y>
__global__ void __launch_bounds__(kBlock)
    affine_kernel(const X* __restrict__ x, Y* __restrict__ y, int64_t n, bool in_vectors, Walk<1> walk, float scale, float shift) {
  for_vectors<kVector<X, Y>>(n, in_vectors, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    const auto values = read_steps<V>(x + walk.offsets(i).of[0], walk.stride[0][0]);
    float result[V];
    UNROLL for (int v = 0; v < V; v++) result[v] = scale * widen(values.element[v]) + shift;
    store(result, true, y + i);
  });
}

template <class X, class Y>
void affine_of(Context& ctx, Bufs in, Bufs out, const AffineParams& p) {
  constexpr int V = kVector<X, Y>;
  const int64_t n = out[0].numel;
  if (n == 0) return;
  const X* x = in[0].as<X>();
  Y* y = out[0].as<Y>();
  const Walk<1> walk = make_walk<1>(p.shape, {p.stride});
  const bool in_vectors = walk.has_vectors(V) && are_aligned<V>(x, y);
  launch(affine_kernel<X, Y>, blocks_for_vectors<V>(n, in_vectors), kBlock, 0, ctx.stream, x, y, n, in_vectors, walk, p.scale, p.shift);
}

__global__ void __launch_bounds__(kBlock) fill_kernel(float* __restrict__ y, int64_t n, bool aligned, float value) {
  for_vectors<kVector<float>>(n, aligned, [&](int64_t i, auto width) {
    float values[decltype(width)::value];
    UNROLL for (float& each : values) each = value;
    store(values, true, y + i);
  });
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    accumulate_kernel(T* __restrict__ target, const T* __restrict__ x, int64_t n, bool aligned, float alpha, float beta) {
  for_vectors<kVector<T>>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    float sum[V], so_far[V] = {};
    load(x + i, true, sum);
    if (beta != 0) load(target + i, true, so_far);
    UNROLL for (int v = 0; v < V; v++) sum[v] = beta == 0 ? alpha * sum[v] : alpha * sum[v] + beta * so_far[v];
    store(sum, true, target + i);
  });
}

}  // namespace

void affine(Context& ctx, Bufs in, Bufs out, const AffineParams& p) {
  with_float(out[0].dtype, [&](auto zero) { affine_of<decltype(zero), decltype(zero)>(ctx, in, out, p); });
}

void affine_from_u8(Context& ctx, Bufs in, Bufs out, const AffineParams& p) { affine_of<uint8_t, float>(ctx, in, out, p); }

void fill(Context& ctx, Bufs, Bufs out, const FillParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  float* y = out[0].as<float>();
  const bool aligned = are_aligned<kVector<float>>(y);
  launch(fill_kernel, blocks_for_vectors<kVector<float>>(n, aligned), kBlock, 0, ctx.stream, y, n, aligned, p.value);
}

void accumulate(Context& ctx, Bufs in, Bufs, const AccumulateParams& p) {
  const int64_t n = in[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    T* target = in[0].as<T>();
    const T* x = in[1].as<T>();
    const bool aligned = are_aligned<kVector<T>>(target, x);
    launch(accumulate_kernel<T>, blocks_for_vectors<kVector<T>>(n, aligned), kBlock, 0, ctx.stream, target, x, n, aligned, p.alpha, p.beta);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
