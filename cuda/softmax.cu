// Softmax and its logarithm along one axis, and their gradients from the output.
//
// Algorithm  a row is what lies along the axis. Three passes over it: maximum, sum of exponentials, result; gradient
//            two. Rows of neighbouring elements that are long have a block each; others have a thread each, and
//            neighbouring threads read neighbouring elements where the axis is not the last.
// Shapes     x, y, dy, dx [outer,size,inner], the axis in the middle.
// Bytes      8 an element from memory (further passes hit the cache for rows below some 10,000); gradient 12; half of
//            that for 16-bit floats.
// Bound by   memory for many or long rows, launch for few short ones.
#include "softmax_functions.h"

#include "backend.h"
#include "block_reduce.cuh"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kLongRow = 64;

template <class F, class T>
__global__ void __launch_bounds__(kBlock) block_forward_kernel(const T* __restrict__ x, T* __restrict__ y, int size) {
  const int64_t row = int64_t(blockIdx.x) * size;
  float largest = -INFINITY;
  for (int i = threadIdx.x; i < size; i += kBlock) largest = fmaxf(largest, widen(x[row + i]));
  largest = block_reduce(largest, MaxValue{});
  float sum = 0;
  for (int i = threadIdx.x; i < size; i += kBlock) sum += exp_of(widen(x[row + i]) - largest);
  sum = block_reduce(sum, AddValues{});
  for (int i = threadIdx.x; i < size; i += kBlock) y[row + i] = narrow<T>(F::value(widen(x[row + i]), largest, sum));
}

template <class F, class T>
__global__ void __launch_bounds__(kBlock)
    block_gradient_kernel(const T* __restrict__ y, const T* __restrict__ dy, T* __restrict__ dx, int size) {
  const int64_t row = int64_t(blockIdx.x) * size;
  float total = 0;
  for (int i = threadIdx.x; i < size; i += kBlock) total += F::term(widen(y[row + i]), widen(dy[row + i]));
  total = block_reduce(total, AddValues{});
  for (int i = threadIdx.x; i < size; i += kBlock)
    dx[row + i] = narrow<T>(F::gradient(widen(y[row + i]), widen(dy[row + i]), total));
}

template <class F, class T>
__global__ void __launch_bounds__(kBlock)
    thread_forward_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t rows, int64_t size, int64_t inner) {
  for (int64_t row = first_element(); row < rows; row += grid_threads()) {
    const int64_t first = row / inner * size * inner + row % inner, end = first + size * inner;
    float largest = -INFINITY, sum = 0;
    for (int64_t at = first; at < end; at += inner) largest = fmaxf(largest, widen(x[at]));
    for (int64_t at = first; at < end; at += inner) sum += exp_of(widen(x[at]) - largest);
    for (int64_t at = first; at < end; at += inner) y[at] = narrow<T>(F::value(widen(x[at]), largest, sum));
  }
}

template <class F, class T>
__global__ void __launch_bounds__(kBlock)
    thread_gradient_kernel(const T* __restrict__ y, const T* __restrict__ dy, T* __restrict__ dx, int64_t rows, int64_t size, int64_t inner) {
  for (int64_t row = first_element(); row < rows; row += grid_threads()) {
    const int64_t first = row / inner * size * inner + row % inner, end = first + size * inner;
    float total = 0;
    for (int64_t at = first; at < end; at += inner) total += F::term(widen(y[at]), widen(dy[at]));
    for (int64_t at = first; at < end; at += inner) dx[at] = narrow<T>(F::gradient(widen(y[at]), widen(dy[at]), total));
  }
}

bool has_long_rows(const SoftmaxParams& p) { return p.inner == 1 && p.size >= kLongRow; }

template <class F>
void forward(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) {
  if (out[0].numel == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t rows = int64_t(p.outer) * p.inner;
    if (has_long_rows(p)) {
      launch(block_forward_kernel<F, T>, p.outer, kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), p.size);
    } else {
      launch(thread_forward_kernel<F, T>, blocks_for(rows), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), rows, p.size, p.inner);
    }
  });
}

template <class F>
void gradient(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) {
  if (out[0].numel == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t rows = int64_t(p.outer) * p.inner;
    const T *y = in[0].as<T>(), *dy = in[1].as<T>();
    if (has_long_rows(p)) {
      launch(block_gradient_kernel<F, T>, p.outer, kBlock, 0, ctx.stream, y, dy, out[0].as<T>(), p.size);
    } else {
      launch(thread_gradient_kernel<F, T>, blocks_for(rows), kBlock, 0, ctx.stream, y, dy, out[0].as<T>(), rows, p.size, p.inner);
    }
  });
}

}  // namespace

void softmax_forward(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) { forward<Softmax>(ctx, in, out, p); }
void softmax_grad(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) { gradient<Softmax>(ctx, in, out, p); }
void log_softmax_forward(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) { forward<LogSoftmax>(ctx, in, out, p); }
void log_softmax_grad(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) { gradient<LogSoftmax>(ctx, in, out, p); }

}  // namespace convolt::CONVOLT_BACKEND
