// Functions of two and three operands with broadcasting: arithmetic, comparison, logic, selection.
//
// Algorithm  elementwise. Operands are walked by strides over up to six extents, 0 along a broadcast axis; where
//            all strides are those of a dense tensor the index is the offset. A thread has a vector of 16 bytes of the
//            widest type where all operands have neighbours of the result as neighbours, or repeat one element.
// Shapes     y [shape]; operands broadcast to it.
// Bytes      those of each element read and written; a broadcast operand comes from the cache.
// Bound by   memory; index arithmetic for small inner extents on the strided path.
#include "backend.h"
#include "element.h"
#include "elementwise_functions.h"
#include "vector.cuh"
#include "walk.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// What a function takes for an element: floats are widened, integers stay.
template <class T>
DEV float operand(T value) { return widen(value); }
DEV uint8_t operand(uint8_t value) { return value; }
DEV int32_t operand(int32_t value) { return value; }

template <class Y>
DEV Y result(float value) { return narrow<Y>(value); }
template <class Y>
DEV Y result(uint8_t value) { return value; }

template <class F, class Y, class A, class B>
__global__ void __launch_bounds__(kBlock)
    binary_kernel(const A* __restrict__ a, const B* __restrict__ b, Y* __restrict__ y, int64_t n, bool in_vectors, Walk<2> walk) {
  for_vectors<kVector<Y, A, B>>(n, in_vectors, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    const Offsets<2> at = walk.offsets(i);
    const auto left = read_steps<V>(a + at.of[0], walk.stride[0][0]);
    const auto right = read_steps<V>(b + at.of[1], walk.stride[1][0]);
    Vector<Y, V> results;
    UNROLL for (int v = 0; v < V; v++) results.element[v] = result<Y>(F()(operand(left.element[v]), operand(right.element[v])));
    write(results, true, y + i);
  });
}

template <class F, class Y, class A, class B, class C>
__global__ void __launch_bounds__(kBlock)
    ternary_kernel(const A* __restrict__ a, const B* __restrict__ b, const C* __restrict__ c, Y* __restrict__ y, int64_t n, bool in_vectors,
                   Walk<3> walk) {
  for_vectors<kVector<Y, A, B, C>>(n, in_vectors, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    const Offsets<3> at = walk.offsets(i);
    const auto first = read_steps<V>(a + at.of[0], walk.stride[0][0]);
    const auto second = read_steps<V>(b + at.of[1], walk.stride[1][0]);
    const auto third = read_steps<V>(c + at.of[2], walk.stride[2][0]);
    Vector<Y, V> results;
    UNROLL
    for (int v = 0; v < V; v++)
      results.element[v] = result<Y>(F()(operand(first.element[v]), operand(second.element[v]), operand(third.element[v])));
    write(results, true, y + i);
  });
}

template <class F, class Y, class T, class Params>
void binary_of(Context& ctx, Bufs in, Bufs out, const Params& p) {
  constexpr int V = kVector<Y, T>;
  const int64_t n = out[0].numel;
  if (n == 0) return;
  const auto *a = in[0].as<T>(), *b = in[1].as<T>();
  Y* y = out[0].as<Y>();
  const Walk<2> walk = make_walk<2>(p.shape, {p.strideA, p.strideB});
  const bool in_vectors = walk.has_vectors(V) && are_aligned<V>(a, b, y);
  launch(binary_kernel<F, Y, T, T>, blocks_for_vectors<V>(n, in_vectors), kBlock, 0, ctx.stream, a, b, y, n, in_vectors, walk);
}

template <class F>
void binary(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) {
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    binary_of<F, T, T>(ctx, in, out, p);
  });
}

// First is the type of the first operand, or void where it is the float type of the others.
template <class F, class First = void>
void ternary(Context& ctx, Bufs in, Bufs out, const TernaryParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    using A = std::conditional_t<std::is_void_v<First>, T, First>;
    constexpr int V = kVector<T, A>;
    const A* a = in[0].as<A>();
    const T *b = in[1].as<T>(), *c = in[2].as<T>();
    T* y = out[0].as<T>();
    const Walk<3> walk = make_walk<3>(p.shape, {p.strideA, p.strideB, p.strideC});
    const bool in_vectors = walk.has_vectors(V) && are_aligned<V>(a, b, c, y);
    launch(ternary_kernel<F, T, A, T, T>, blocks_for_vectors<V>(n, in_vectors), kBlock, 0, ctx.stream, a, b, c, y, n, in_vectors, walk);
  });
}

__global__ void __launch_bounds__(kBlock) not_kernel(const uint8_t* __restrict__ x, uint8_t* __restrict__ y, int64_t n, bool aligned) {
  for_vectors<kVector<uint8_t>>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    Vector<uint8_t, V> values = read<V>(x + i, true);
    UNROLL for (int v = 0; v < V; v++) values.element[v] = values.element[v] == 0;
    write(values, true, y + i);
  });
}

}  // namespace

using namespace elementwise;

void add(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Add>(ctx, in, out, p); }
void sub(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Subtract>(ctx, in, out, p); }
void mul(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Multiply>(ctx, in, out, p); }
void div(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Divide>(ctx, in, out, p); }
void power(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Power>(ctx, in, out, p); }
void maximum(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Maximum>(ctx, in, out, p); }
void minimum(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Minimum>(ctx, in, out, p); }
void prelu_forward(Context& ctx, Bufs in, Bufs out, const BroadcastParams& p) { binary<Prelu>(ctx, in, out, p); }
void maximum_grad(Context& ctx, Bufs in, Bufs out, const TernaryParams& p) { ternary<MaximumGrad>(ctx, in, out, p); }
void where(Context& ctx, Bufs in, Bufs out, const TernaryParams& p) { ternary<Where, uint8_t>(ctx, in, out, p); }

void compare(Context& ctx, Bufs in, Bufs out, const CompareParams& p) {
  with_relation(p, [&](auto relation) {
    with_float(in[0].dtype, [&](auto zero) { binary_of<decltype(relation), uint8_t, decltype(zero)>(ctx, in, out, p); });
  });
}

void compare_i32(Context& ctx, Bufs in, Bufs out, const CompareParams& p) {
  with_relation(p, [&](auto relation) { binary_of<decltype(relation), uint8_t, int32_t>(ctx, in, out, p); });
}

void logical(Context& ctx, Bufs in, Bufs out, const LogicalParams& p) {
  with_connective(p, [&](auto connective) { binary_of<decltype(connective), uint8_t, uint8_t>(ctx, in, out, p); });
}

void logical_not(Context& ctx, Bufs in, Bufs out, const NoParams&) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  const uint8_t* x = in[0].as<uint8_t>();
  uint8_t* y = out[0].as<uint8_t>();
  const bool aligned = are_aligned<kVector<uint8_t>>(x, y);
  launch(not_kernel, blocks_for_vectors<kVector<uint8_t>>(n, aligned), kBlock, 0, ctx.stream, x, y, n, aligned);
}

}  // namespace convolt::CONVOLT_BACKEND
