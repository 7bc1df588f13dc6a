// Functions of one number, element by element, and their first and second gradients.
//
// Algorithm  elementwise, a vector of 16 bytes a thread where the pointers allow it. The function is chosen inside of
//            the kernel, once for a vector and alike for all threads.
// Shapes     any; inputs and outputs have the same count.
// Bytes      forward 8 an element (read x, write y); gradient 12 (read what was saved and dy, write dx); half of
//            that for 16-bit floats.
// Bound by   memory; powers, sines and the second gradients of gelu and mish by arithmetic on small GPUs.
#include "backend.h"
#include "element.h"
#include "unary_functions.h"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Forward {
  static constexpr int inputs = 1;  // x
  template <class F>
  static DEV float of(const F& f, const float* in) { return f.value(in[0]); }
};
struct Gradient {
  static constexpr int inputs = 2;  // saved, dy
  template <class F>
  static DEV float of(const F& f, const float* in) { return vanishing(in[1], f.slope(in[0])); }
};
struct SecondGradient {
  static constexpr int inputs = 3;  // saved, dy, ddx
  template <class F>
  static DEV float of(const F& f, const float* in) { return vanishing(in[1] * in[2], f.curvature(in[0])); }
};

template <class T>
struct Operands {
  const T* input[3];
  T* output;
};

template <class Order, class T>
__global__ void __launch_bounds__(kBlock, 4)  // without the 4, ptxas gives 48 registers and spills
    unary_kernel(Operands<T> operands, int64_t n, bool aligned, UnaryParams p) {
  for_vectors<kVector<T>>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    float in[V][Order::inputs], result[V] = {};
    UNROLL
    for (int k = 0; k < Order::inputs; k++) {
      const Vector<T, V> values = read<V>(operands.input[k] + i, true);
      UNROLL for (int v = 0; v < V; v++) in[v][k] = widen(values.element[v]);
    }
    with_unary(p, [&](auto f) {
      UNROLL for (int v = 0; v < V; v++) result[v] = Order::of(f, in[v]);
    });
    store(result, true, operands.output + i);
  });
}

template <class Order>
void unary(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    Operands<T> operands{{}, out[0].as<T>()};
    for (int k = 0; k < Order::inputs; k++) operands.input[k] = in[k].as<T>();
    const auto [x, second, third] = operands.input;
    const bool aligned = are_aligned<kVector<T>>(x, second, third, operands.output);
    launch(unary_kernel<Order, T>, blocks_for_vectors<kVector<T>>(n, aligned), kBlock, 0, ctx.stream, operands, n, aligned, p);
  });
}

}  // namespace

void unary_forward(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) { unary<Forward>(ctx, in, out, p); }
void unary_grad(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) { unary<Gradient>(ctx, in, out, p); }
void unary_second_grad(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) { unary<SecondGradient>(ctx, in, out, p); }

}  // namespace convolt::CONVOLT_BACKEND
