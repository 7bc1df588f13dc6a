// Normalisation of each element by the squares of neighbouring channels, and its gradient.
//
// Algorithm  one thread for each element walks the window of channels around it. The forward pass keeps the base of the
//            power: with s = k + alpha * sum of x^2 and y = x * s^-beta,
//            dx_i = dy_i * s_i^-beta - 2 * alpha * beta * x_i * sum over the windows j that hold i of dy_j * y_j / s_j.
// Shapes     x, y, s, dy, dx [rows,c].
// Bytes      12 for each element forward and 20 backward in float32; the neighbours come from the cache.
// Bound by   memory; the power for narrow windows.
#include "backend.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// The channels [first, end) of a window from `before` below to `after` above channel c.
struct Window {
  int first, end;
  DEV Window(int c, int before, int after, int channels)
      : first(c > before ? c - before : 0), end(after < channels - c ? c + after + 1 : channels) {}
};

template <class T>
__global__ void __launch_bounds__(kBlock)
    response_norm_kernel(const T* __restrict__ x, T* __restrict__ y, float* __restrict__ scale, int64_t n, ResponseNormParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int c = int(i % p.c);
    const Window window(c, p.size / 2, (p.size - 1) / 2, p.c);
    const T* row = x + i - c;
    float squares = 0;
    for (int at = window.first; at < window.end; at++) squares += widen(row[at]) * widen(row[at]);
    scale[i] = p.k + p.alpha * squares;
    y[i] = narrow<T>(widen(x[i]) * powf(scale[i], -p.beta));
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock, 6)  // without the 6, ptxas gives 32 registers and spills
    response_norm_grad_kernel(const T* __restrict__ x, const T* __restrict__ y, const float* __restrict__ scale,
                              const T* __restrict__ dy, T* __restrict__ dx, int64_t n, ResponseNormParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int c = int(i % p.c);
    const Window windows(c, (p.size - 1) / 2, p.size / 2, p.c);  // channel c lies in theirs
    const int64_t row = i - c;
    float sum = 0;
    for (int64_t at = row + windows.first; at < row + windows.end; at++) sum += widen(dy[at]) * widen(y[at]) / scale[at];
    dx[i] = narrow<T>(widen(dy[i]) * powf(scale[i], -p.beta) - 2.0f * p.alpha * p.beta * widen(x[i]) * sum);
  }
}

}  // namespace

void local_response_norm_forward(Context& ctx, Bufs in, Bufs out, const ResponseNormParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(response_norm_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), out[1].as<float>(), n, p);
  });
}

void local_response_norm_grad(Context& ctx, Bufs in, Bufs out, const ResponseNormParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(response_norm_grad_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<T>(), in[2].as<float>(),
           in[3].as<T>(), out[0].as<T>(), n, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
