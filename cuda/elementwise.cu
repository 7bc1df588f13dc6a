// Functions of two and three operands with broadcasting: arithmetic, comparison, logic, selection.
//
// Algorithm  elementwise. Operands are walked by strides over up to six extents, 0 along a broadcast axis; where
//            all strides are those of a dense tensor the index is the offset.
// Shapes     y [shape]; operands broadcast to it.
// Bytes      those of each element read and written; a broadcast operand comes from the cache.
// Bound by   memory; index arithmetic for small inner extents on the strided path.
#include "backend.h"
#include "element.h"
#include "elementwise_functions.h"
#include "grid.cuh"
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
    binary_kernel(const A* __restrict__ a, const B* __restrict__ b, Y* __restrict__ y, int64_t n, Walk<2> walk) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const Offsets<2> at = walk.offsets(i);
    y[i] = result<Y>(F()(operand(a[at.of[0]]), operand(b[at.of[1]])));
  }
}

template <class F, class Y, class A, class B, class C>
__global__ void __launch_bounds__(kBlock)
    ternary_kernel(const A* __restrict__ a, const B* __restrict__ b, const C* __restrict__ c, Y* __restrict__ y, int64_t n, Walk<3> walk) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const Offsets<3> at = walk.offsets(i);
    y[i] = result<Y>(F()(operand(a[at.of[0]]), operand(b[at.of[1]]), operand(c[at.of[2]])));
  }
}

template <class F, class Y, class T, class Params>
void binary_of(Context& ctx, Bufs in, Bufs out, const Params& p) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(binary_kernel<F, Y, T, T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<T>(), out[0].as<Y>(), n,
           make_walk<2>(p.shape, {p.strideA, p.strideB}));
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
    launch(ternary_kernel<F, T, A, T, T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<A>(), in[1].as<T>(), in[2].as<T>(),
           out[0].as<T>(), n, make_walk<3>(p.shape, {p.strideA, p.strideB, p.strideC}));
  });
}

__global__ void __launch_bounds__(kBlock) not_kernel(const uint8_t* __restrict__ x, uint8_t* __restrict__ y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = x[i] == 0;
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
  if (n > 0) launch(not_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<uint8_t>(), out[0].as<uint8_t>(), n);
}

}  // namespace convolt::CONVOLT_BACKEND
