// Softmax cross-entropy with labels or with probabilities, and its gradients.
//
// Algorithm  one warp a row. The loss is that of a target q over the classes, in which each class has a weight w:
//            loss = sum(q (logSumExp(z) - z)) with q = w ((1 - e) t + e / classes), where e is the label smoothing and t
//            the probabilities, or 1 at the label. total = sum(q). All is computed of z less its largest element.
//            dz = dloss (total softmax(z) - q), softmax from the saved logSumExp; dt = dloss (1 - e) w (logSumExp - z).
//            Normalised logits are logarithms of probabilities: logSumExp and total are 0, and the loss is -sum(q z).
//            A row that is ignored has loss, total and share 0; a label that names no class gives NaN and no gradient.
// Shapes     logits z, dz, probabilities t, dt [rows,classes]; labels [rows]; weight [classes];
//            loss, logSumExp, total, dloss [rows]; share [rows], the weight of the label.
// Bytes      forward 4 a logit, gradient 8; with probabilities twice that.
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

// The row of this warp.
DEV int64_t warp_row() { return int64_t(blockIdx.x) * kRowsPerBlock + threadIdx.x / kWarp; }

// The largest logit of a row, and the logarithm of the sum of exp(z - largest), for each lane of a warp.
struct RowMaximum {
  float largest, log_sum;
};
DEV RowMaximum row_maximum(const float* z, int classes) {
  const int lane = threadIdx.x % kWarp;
  float largest = -INFINITY, exponentials = 0;
  for (int c = lane; c < classes; c += kWarp) largest = fmaxf(largest, z[c]);
  largest = warp_max(largest);
  for (int c = lane; c < classes; c += kWarp) exponentials += expf(z[c] - largest);
  return {largest, logf(warp_sum(exponentials))};
}

DEV bool is_ignored(int label, const CrossEntropyParams& p) { return p.ignores && label == p.ignoreIndex; }

__global__ void __launch_bounds__(kBlock)
    cross_entropy_kernel(const float* __restrict__ logits, const int* __restrict__ target, const float* __restrict__ weight,
                         float* __restrict__ loss, float* __restrict__ log_sum_exp, float* __restrict__ total, float* __restrict__ share,
                         CrossEntropyParams p) {
  const int lane = threadIdx.x % kWarp;
  const int64_t row = warp_row();
  if (row >= p.rows) return;  // a whole warp
  const float* z = logits + row * p.classes;  // [classes]
  const auto [largest, log_sum] = p.normalised ? RowMaximum{0, 0} : row_maximum(z, p.classes);
  float spread = 0, spread_loss = 0;  // of the part of the target that is the same for all classes
  if (p.labelSmoothing > 0) {
    for (int c = lane; c < p.classes; c += kWarp) {
      const float w = weight ? weight[c] : 1.0f;
      spread += w;
      spread_loss += w * (log_sum - (z[c] - largest));
    }
    spread = warp_sum(spread) * (p.labelSmoothing / p.classes);
    spread_loss = warp_sum(spread_loss) * (p.labelSmoothing / p.classes);
  }
  if (lane == 0) {
    const int label = target[row];
    const bool ignored = is_ignored(label, p), valid = !ignored && label >= 0 && label < p.classes;
    const float w = valid ? (weight ? weight[label] : 1.0f) : 0.0f;
    log_sum_exp[row] = largest + log_sum;
    share[row] = w;
    total[row] = valid && !p.normalised ? (1 - p.labelSmoothing) * w + spread : 0.0f;
    loss[row] = valid ? (1 - p.labelSmoothing) * w * (log_sum - (z[label] - largest)) + spread_loss : ignored ? 0.0f : NAN;
  }
}

__global__ void __launch_bounds__(kBlock)
    cross_entropy_grad_kernel(const float* __restrict__ logits, const int* __restrict__ target, const float* __restrict__ weight,
                              const float* __restrict__ log_sum_exp, const float* __restrict__ total, const float* __restrict__ dloss,
                              float* __restrict__ dlogits, CrossEntropyParams p) {
  const int64_t n = int64_t(p.rows) * p.classes;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t row = i / p.classes;
    const int label = target[row], c = int(i % p.classes);
    const bool valid = !is_ignored(label, p) && label >= 0 && label < p.classes;
    const float w = weight ? weight[c] : 1.0f;
    const float q = w * ((c == label ? 1 - p.labelSmoothing : 0.0f) + p.labelSmoothing / p.classes);
    dlogits[i] = valid ? dloss[row] * ((p.normalised ? 0.0f : total[row] * expf(logits[i] - log_sum_exp[row])) - q) : 0.0f;
  }
}

__global__ void __launch_bounds__(kBlock)
    soft_cross_entropy_kernel(const float* __restrict__ logits, const float* __restrict__ target, const float* __restrict__ weight,
                              float* __restrict__ loss, float* __restrict__ log_sum_exp, float* __restrict__ total, CrossEntropyParams p) {
  const int lane = threadIdx.x % kWarp;
  const int64_t row = warp_row();
  if (row >= p.rows) return;  // a whole warp
  const float* z = logits + row * p.classes;  // [classes]
  const float* t = target + row * p.classes;  // [classes]
  const auto [largest, log_sum] = row_maximum(z, p.classes);
  float sum = 0, sum_loss = 0;
  for (int c = lane; c < p.classes; c += kWarp) {
    const float q = (weight ? weight[c] : 1.0f) * ((1 - p.labelSmoothing) * t[c] + p.labelSmoothing / p.classes);
    sum += q;
    sum_loss += q * (log_sum - (z[c] - largest));
  }
  sum = warp_sum(sum);
  sum_loss = warp_sum(sum_loss);
  if (lane == 0) {
    log_sum_exp[row] = largest + log_sum;
    total[row] = sum;
    loss[row] = sum_loss;
  }
}

__global__ void __launch_bounds__(kBlock)
    soft_cross_entropy_grad_kernel(const float* __restrict__ logits, const float* __restrict__ target, const float* __restrict__ weight,
                                   const float* __restrict__ log_sum_exp, const float* __restrict__ total, const float* __restrict__ dloss,
                                   float* __restrict__ dlogits, float* __restrict__ dtarget, CrossEntropyParams p) {
  const int64_t n = int64_t(p.rows) * p.classes;
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t row = i / p.classes;
    const float w = weight ? weight[i % p.classes] : 1.0f, log_probability = logits[i] - log_sum_exp[row];
    const float q = w * ((1 - p.labelSmoothing) * target[i] + p.labelSmoothing / p.classes);
    dlogits[i] = dloss[row] * (total[row] * expf(log_probability) - q);
    dtarget[i] = -dloss[row] * (1 - p.labelSmoothing) * w * log_probability;
  }
}

unsigned row_blocks(int64_t rows) { return unsigned((rows + kRowsPerBlock - 1) / kRowsPerBlock); }

}  // namespace

void cross_entropy_forward(Context& ctx, Bufs in, Bufs out, const CrossEntropyParams& p) {
  if (p.rows == 0) return;
  launch(cross_entropy_kernel, row_blocks(p.rows), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(), in[2].as<float>(),
         out[0].as<float>(), out[1].as<float>(), out[2].as<float>(), out[3].as<float>(), p);
}

void cross_entropy_grad(Context& ctx, Bufs in, Bufs out, const CrossEntropyParams& p) {
  if (out[0].numel == 0) return;
  launch(cross_entropy_grad_kernel, blocks_for(out[0].numel), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(),
         in[2].as<float>(), in[3].as<float>(), in[4].as<float>(), in[5].as<float>(), out[0].as<float>(), p);
}

void soft_cross_entropy_forward(Context& ctx, Bufs in, Bufs out, const CrossEntropyParams& p) {
  if (p.rows == 0) return;
  launch(soft_cross_entropy_kernel, row_blocks(p.rows), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), in[2].as<float>(),
         out[0].as<float>(), out[1].as<float>(), out[2].as<float>(), p);
}

void soft_cross_entropy_grad(Context& ctx, Bufs in, Bufs out, const CrossEntropyParams& p) {
  if (out[0].numel == 0) return;
  launch(soft_cross_entropy_grad_kernel, blocks_for(out[0].numel), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(),
         in[2].as<float>(), in[3].as<float>(), in[4].as<float>(), in[5].as<float>(), out[0].as<float>(), out[1].as<float>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
