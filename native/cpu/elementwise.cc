// Functions of two and three operands with broadcasting: arithmetic, comparison, logic, selection.
#include "elementwise_functions.h"

#include "backend.h"
#include "rows.h"

namespace convolt::cpu {
namespace {

using namespace elementwise;

template <class F, class Y, class A, class B>
VECTORIZED void binary_block(const A* a, const B* b, Y* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = F()(a[i], b[i]);
}

template <class F, class Y, class A, class B, class C>
VECTORIZED void ternary_block(const A* a, const B* b, const C* c, Y* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = F()(a[i], b[i], c[i]);
}

template <class F, class Y, class T, class Params>
void binary_of(Bufs in, Bufs out, const Params& p) {
  const T *a = in[0].as<T>(), *b = in[1].as<T>();
  Y* y = out[0].as<Y>();
  const Rows<2> rows{p.shape, {p.strideA, p.strideB}};
  const int64_t stride_a = rows.inner_stride(0), stride_b = rows.inner_stride(1);
  rows.walk(out[0].numel, [=](int64_t first, const auto& at, int64_t n) {
    if (stride_a == 1 && stride_b == 1) return binary_block<F>(a + at[0], b + at[1], y + first, n);
    T copy_a[kBlockElements], copy_b[kBlockElements];
    for (int64_t i = 0; i < n; i += kBlockElements) {
      const int64_t count = std::min(n - i, kBlockElements);
      const T* block_a = dense_block(a + at[0] + i * stride_a, stride_a, count, copy_a, i == 0);
      const T* block_b = dense_block(b + at[1] + i * stride_b, stride_b, count, copy_b, i == 0);
      binary_block<F>(block_a, block_b, y + first + i, count);
    }
  });
}

template <class F>
void binary(Bufs in, Bufs out, const BroadcastParams& p) {
  binary_of<F, float, float>(in, out, p);
}

template <class F, class A>
void ternary(Bufs in, Bufs out, const TernaryParams& p) {
  const A* a = in[0].as<A>();
  const float *b = in[1].as<float>(), *c = in[2].as<float>();
  float* y = out[0].as<float>();
  const Rows<3> rows{p.shape, {p.strideA, p.strideB, p.strideC}};
  const int64_t stride_a = rows.inner_stride(0), stride_b = rows.inner_stride(1), stride_c = rows.inner_stride(2);
  rows.walk(out[0].numel, [=](int64_t first, const auto& at, int64_t n) {
    if (stride_a == 1 && stride_b == 1 && stride_c == 1) return ternary_block<F>(a + at[0], b + at[1], c + at[2], y + first, n);
    A copy_a[kBlockElements];
    float copy_b[kBlockElements], copy_c[kBlockElements];
    for (int64_t i = 0; i < n; i += kBlockElements) {
      const int64_t count = std::min(n - i, kBlockElements);
      const A* block_a = dense_block(a + at[0] + i * stride_a, stride_a, count, copy_a, i == 0);
      const float* block_b = dense_block(b + at[1] + i * stride_b, stride_b, count, copy_b, i == 0);
      const float* block_c = dense_block(c + at[2] + i * stride_c, stride_c, count, copy_c, i == 0);
      ternary_block<F>(block_a, block_b, block_c, y + first + i, count);
    }
  });
}

}  // namespace

void add(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Add>(in, out, p); }
void sub(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Subtract>(in, out, p); }
void mul(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Multiply>(in, out, p); }
void div(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Divide>(in, out, p); }
void power(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Power>(in, out, p); }
void maximum(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Maximum>(in, out, p); }
void minimum(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Minimum>(in, out, p); }
void prelu_forward(Context&, Bufs in, Bufs out, const BroadcastParams& p) { binary<Prelu>(in, out, p); }
void maximum_grad(Context&, Bufs in, Bufs out, const TernaryParams& p) { ternary<MaximumGrad, float>(in, out, p); }
void where(Context&, Bufs in, Bufs out, const TernaryParams& p) { ternary<Where, uint8_t>(in, out, p); }

void compare(Context&, Bufs in, Bufs out, const CompareParams& p) {
  with_relation(p, [&](auto relation) { binary_of<decltype(relation), uint8_t, float>(in, out, p); });
}

void compare_i32(Context&, Bufs in, Bufs out, const CompareParams& p) {
  with_relation(p, [&](auto relation) { binary_of<decltype(relation), uint8_t, int32_t>(in, out, p); });
}

void logical(Context&, Bufs in, Bufs out, const LogicalParams& p) {
  with_connective(p, [&](auto connective) { binary_of<decltype(connective), uint8_t, uint8_t>(in, out, p); });
}

void logical_not(Context&, Bufs in, Bufs out, const NoParams&) {
  const uint8_t* x = in[0].as<uint8_t>();
  uint8_t* y = out[0].as<uint8_t>();
  for (int64_t i = 0; i < out[0].numel; i++) y[i] = x[i] == 0;
}

}  // namespace convolt::cpu
