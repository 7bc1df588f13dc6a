// ReLU, sigmoid and tanh, and their gradients from the output.
#include "backend.h"

#include <cmath>

#include "parallel.h"

namespace convolt::cpu {
namespace {

VECTORIZED void relu_range(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0.0f : x[i];  // keeps NaN
}
VECTORIZED void relu_grad_range(const float* y, const float* dy, float* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0.0f;
}
void sigmoid_range(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = 1.0f / (1.0f + std::exp(-x[i]));
}
VECTORIZED void sigmoid_grad_range(const float* y, const float* dy, float* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * y[i] * (1.0f - y[i]);
}
void tanh_range(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
VECTORIZED void tanh_grad_range(const float* y, const float* dy, float* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (1.0f - y[i] * y[i]);
}

void forward(void (*range)(const float*, float*, int64_t), Bufs in, Bufs out) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  parallel_for(out[0].numel, kElementGrain, [=](int64_t begin, int64_t end) { range(x + begin, y + begin, end - begin); });
}

void gradient(void (*range)(const float*, const float*, float*, int64_t), Bufs in, Bufs out) {
  const float *y = in[0].as<float>(), *dy = in[1].as<float>();
  float* dx = out[0].as<float>();
  parallel_for(out[0].numel, kElementGrain,
               [=](int64_t begin, int64_t end) { range(y + begin, dy + begin, dx + begin, end - begin); });
}

}  // namespace

void relu_forward(Context&, Bufs in, Bufs out, const NoParams&) { forward(relu_range, in, out); }
void relu_grad(Context&, Bufs in, Bufs out, const NoParams&) { gradient(relu_grad_range, in, out); }
void sigmoid_forward(Context&, Bufs in, Bufs out, const NoParams&) { forward(sigmoid_range, in, out); }
void sigmoid_grad(Context&, Bufs in, Bufs out, const NoParams&) { gradient(sigmoid_grad_range, in, out); }
void tanh_forward(Context&, Bufs in, Bufs out, const NoParams&) { forward(tanh_range, in, out); }
void tanh_grad(Context&, Bufs in, Bufs out, const NoParams&) { gradient(tanh_grad_range, in, out); }

}  // namespace convolt::cpu
