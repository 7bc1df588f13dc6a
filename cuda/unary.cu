// Functions of one number, element by element, and their first and second gradients.
//
// Algorithm  elementwise, four elements a thread, moved as one where the pointers allow it. The function is chosen
//            inside of the kernel, once for four elements and alike for all threads.
// Shapes     any; inputs and outputs have the same count.
// Bytes      forward 8 an element (read x, write y); gradient 12 (read what was saved and dy, write dx); half of
//            that for 16-bit floats.
// Bound by   memory; powers, sines and the second gradients of gelu and mish by arithmetic on small GPUs.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
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
__global__ void __launch_bounds__(kBlock) unary_kernel(Operands<T> operands, int64_t n, bool aligned, UnaryParams p) {
  for (int64_t i = first_element(); i * 4 < n; i += grid_threads()) {
    const bool whole = aligned && i * 4 + 4 <= n;
    const int count = n - i * 4 < 4 ? int(n - i * 4) : 4;
    float in[4][Order::inputs] = {};
    for (int k = 0; k < Order::inputs; k++) {
      if (whole) {
        const Vector<T, 4> four = reinterpret_cast<const Vector<T, 4>*>(operands.input[k])[i];
        UNROLL for (int j = 0; j < 4; j++) in[j][k] = widen(four.element[j]);
      } else {
        for (int j = 0; j < count; j++) in[j][k] = widen(operands.input[k][i * 4 + j]);
      }
    }
    float result[4] = {};
    with_unary(p, [&](auto f) {
      UNROLL for (int j = 0; j < 4; j++) result[j] = Order::of(f, in[j]);
    });
    if (whole) {
      Vector<T, 4> four;
      UNROLL for (int j = 0; j < 4; j++) four.element[j] = narrow<T>(result[j]);
      reinterpret_cast<Vector<T, 4>*>(operands.output)[i] = four;
    } else {
      for (int j = 0; j < count; j++) operands.output[i * 4 + j] = narrow<T>(result[j]);
    }
  }
}

template <class Order>
void unary(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    Operands<T> operands{{}, out[0].as<T>()};
    uintptr_t addresses = uintptr_t(out[0].data);
    for (int k = 0; k < Order::inputs; k++) {
      operands.input[k] = in[k].as<T>();
      addresses |= uintptr_t(in[k].data);
    }
    const bool aligned = addresses % sizeof(Vector<T, 4>) == 0;
    launch(unary_kernel<Order, T>, blocks_for((n + 3) / 4), kBlock, 0, ctx.stream, operands, n, aligned, p);
  });
}

}  // namespace

void unary_forward(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) { unary<Forward>(ctx, in, out, p); }
void unary_grad(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) { unary<Gradient>(ctx, in, out, p); }
void unary_second_grad(Context& ctx, Bufs in, Bufs out, const UnaryParams& p) { unary<SecondGradient>(ctx, in, out, p); }

}  // namespace convolt::CONVOLT_BACKEND
