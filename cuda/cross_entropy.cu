// Softmax cross-entropy with labels, and its gradient.
//
// Algorithm  one warp a row. loss = logSumExp(z) - sum(q z), where q = (1 - e) onehot(label) + e / classes and e is
//            the label smoothing. Gradient: dz = dloss (softmax(z) - q), softmax from the saved logSumExp.
// Shapes     logits z, dz [rows,classes]; target [rows]; loss, logSumExp, dloss [rows].
// Bytes      forward 4 a logit, gradient 8.
// Bound by   launch for the ten classes of small data sets, memory for thousands.
#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kWarp = 32, kRowsPerBlock = kBlock / kWarp;

DEV float warp_sum(float value) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(~0u, value, offset);
  return value;
}
DEV float warp_max(float value) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) value = fmaxf(value, __shfl_xor_sync(~0u, value, offset));
  return value;
}

__global__ void __launch_bounds__(kBlock)
    cross_entropy_kernel(const float* __restrict__ logits, const int* __restrict__ target, float* __restrict__ loss,
                         float* __restrict__ log_sum_exp, CrossEntropyParams p) {
  const int lane = threadIdx.x % kWarp;
  const int64_t row = int64_t(blockIdx.x) * kRowsPerBlock + threadIdx.x / kWarp;
  if (row >= p.rows) return;  // a whole warp
  const float* z = logits + row * p.classes;  // [classes]
  float largest = -INFINITY;
  for (int c = lane; c < p.classes; c += kWarp) largest = fmaxf(largest, z[c]);
  largest = warp_max(largest);
  float exponentials = 0, sum = 0;
  for (int c = lane; c < p.classes; c += kWarp) {
    exponentials += expf(z[c] - largest);
    sum += z[c];
  }
  exponentials = warp_sum(exponentials);
  sum = warp_sum(sum);
  if (lane == 0) {
    const int label = target[row];
    const bool valid = label >= 0 && label < p.classes;
    const float total = largest + logf(exponentials);
    log_sum_exp[row] = total;
    loss[row] = valid ? total - (1 - p.labelSmoothing) * z[label] - p.labelSmoothing * (sum / p.classes) : NAN;
  }
}

__global__ void __launch_bounds__(kBlock)
    cross_entropy_grad_kernel(const float* __restrict__ logits, const int* __restrict__ target, const float* __restrict__ log_sum_exp,
                              const float* __restrict__ dloss, float* __restrict__ dlogits, CrossEntropyParams p) {
  const int64_t n = int64_t(p.rows) * p.classes;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t row = i / p.classes;
    const int label = target[row], c = int(i % p.classes);
    const bool valid = label >= 0 && label < p.classes;
    const float q = (c == label ? 1 - p.labelSmoothing : 0.0f) + p.labelSmoothing / p.classes;
    dlogits[i] = valid ? dloss[row] * (expf(logits[i] - log_sum_exp[row]) - q) : 0.0f;
  }
}

}  // namespace

void cross_entropy_forward(Context& ctx, Bufs in, Bufs out, const CrossEntropyParams& p) {
  if (p.rows == 0) return;
  launch(cross_entropy_kernel, (p.rows + kRowsPerBlock - 1) / kRowsPerBlock, kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(),
         out[0].as<float>(), out[1].as<float>(), p);
}

void cross_entropy_grad(Context& ctx, Bufs in, Bufs out, const CrossEntropyParams& p) {
  if (out[0].numel == 0) return;
  launch(cross_entropy_grad_kernel, blocks_for(out[0].numel), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(),
         in[2].as<float>(), in[3].as<float>(), out[0].as<float>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
