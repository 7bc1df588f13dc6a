// Softmax over the rows of a matrix, and its gradient from the output.
//
// Algorithm  one block a row; three passes: maximum, sum of exponentials, quotient. The maximum is subtracted,
//            so no exponential overflows. Gradient: dx = y (dy - sum(y dy)).
// Shapes     x, y, dy, dx [rows,cols].
// Bytes      8 an element from memory (further passes hit the cache for rows below some 10,000); gradient 12.
// Bound by   memory for long rows, launch for short ones.
#include "backend.h"
#include "block_reduce.cuh"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void __launch_bounds__(kBlock) softmax_kernel(const float* __restrict__ x, float* __restrict__ y, int cols) {
  x += int64_t(blockIdx.x) * cols;
  y += int64_t(blockIdx.x) * cols;
  float largest = -INFINITY;
  for (int c = threadIdx.x; c < cols; c += kBlock) largest = fmaxf(largest, x[c]);
  largest = block_reduce(largest, MaxValue{});
  float sum = 0;
  for (int c = threadIdx.x; c < cols; c += kBlock) sum += expf(x[c] - largest);
  sum = block_reduce(sum, AddValues{});
  for (int c = threadIdx.x; c < cols; c += kBlock) y[c] = expf(x[c] - largest) / sum;
}

__global__ void __launch_bounds__(kBlock)
    softmax_grad_kernel(const float* __restrict__ y, const float* __restrict__ dy, float* __restrict__ dx, int cols) {
  const int64_t row = int64_t(blockIdx.x) * cols;
  float dot = 0;
  for (int c = threadIdx.x; c < cols; c += kBlock) dot += y[row + c] * dy[row + c];
  dot = block_reduce(dot, AddValues{});
  for (int c = threadIdx.x; c < cols; c += kBlock) dx[row + c] = y[row + c] * (dy[row + c] - dot);
}

}  // namespace

void softmax_forward(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) {
  if (out[0].numel > 0) launch(softmax_kernel, p.rows, kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<float>(), p.cols);
}

void softmax_grad(Context& ctx, Bufs in, Bufs out, const SoftmaxParams& p) {
  if (out[0].numel > 0)
    launch(softmax_grad_kernel, p.rows, kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), out[0].as<float>(), p.cols);
}

}  // namespace convolt::CONVOLT_BACKEND
