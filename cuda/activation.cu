// ReLU, sigmoid and tanh, and their gradients from the output.
//
// Algorithm  elementwise, four floats a thread and a scalar tail.
// Shapes     any; input and output have the same count.
// Bytes      forward 8 an element (read x, write y); gradient 12 (read y and dy, write dx).
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Relu {
  static DEV float value(float x) { return x < 0 ? 0.0f : x; }  // keeps NaN
  static DEV float gradient(float y, float dy) { return y > 0 ? dy : 0.0f; }
};
struct Sigmoid {
  static DEV float value(float x) { return 1.0f / (1.0f + expf(-x)); }
  static DEV float gradient(float y, float dy) { return dy * y * (1.0f - y); }
};
struct Tanh {
  static DEV float value(float x) { return tanhf(x); }
  static DEV float gradient(float y, float dy) { return dy * (1.0f - y * y); }
};

template <class F>
__global__ void __launch_bounds__(kBlock) forward_kernel(const float* __restrict__ x, float* __restrict__ y, int64_t n) {
  for (int64_t i = first_element(); i < n / 4; i += grid_threads()) {
    const float4 v = reinterpret_cast<const float4*>(x)[i];
    reinterpret_cast<float4*>(y)[i] = make_float4(F::value(v.x), F::value(v.y), F::value(v.z), F::value(v.w));
  }
  for (int64_t i = n / 4 * 4 + first_element(); i < n; i += grid_threads()) y[i] = F::value(x[i]);
}

template <class F>
__global__ void __launch_bounds__(kBlock)
    gradient_kernel(const float* __restrict__ y, const float* __restrict__ dy, float* __restrict__ dx, int64_t n) {
  for (int64_t i = first_element(); i < n / 4; i += grid_threads()) {
    const float4 v = reinterpret_cast<const float4*>(y)[i], g = reinterpret_cast<const float4*>(dy)[i];
    reinterpret_cast<float4*>(dx)[i] =
        make_float4(F::gradient(v.x, g.x), F::gradient(v.y, g.y), F::gradient(v.z, g.z), F::gradient(v.w, g.w));
  }
  for (int64_t i = n / 4 * 4 + first_element(); i < n; i += grid_threads()) dx[i] = F::gradient(y[i], dy[i]);
}

template <class F>
void forward(Context& ctx, Bufs in, Bufs out) {
  const int64_t n = out[0].numel;
  if (n > 0) launch(forward_kernel<F>, blocks_for((n + 3) / 4), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<float>(), n);
}

template <class F>
void gradient(Context& ctx, Bufs in, Bufs out) {
  const int64_t n = out[0].numel;
  if (n > 0)
    launch(gradient_kernel<F>, blocks_for((n + 3) / 4), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(),
           out[0].as<float>(), n);
}

}  // namespace

void relu_forward(Context& ctx, Bufs in, Bufs out, const NoParams&) { forward<Relu>(ctx, in, out); }
void relu_grad(Context& ctx, Bufs in, Bufs out, const NoParams&) { gradient<Relu>(ctx, in, out); }
void sigmoid_forward(Context& ctx, Bufs in, Bufs out, const NoParams&) { forward<Sigmoid>(ctx, in, out); }
void sigmoid_grad(Context& ctx, Bufs in, Bufs out, const NoParams&) { gradient<Sigmoid>(ctx, in, out); }
void tanh_forward(Context& ctx, Bufs in, Bufs out, const NoParams&) { forward<Tanh>(ctx, in, out); }
void tanh_grad(Context& ctx, Bufs in, Bufs out, const NoParams&) { gradient<Tanh>(ctx, in, out); }

}  // namespace convolt::CONVOLT_BACKEND
