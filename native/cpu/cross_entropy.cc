// Softmax cross-entropy with labels or with probabilities: loss = sum(q (logSumExp(z) - z)) with the target
// q = w ((1 - e) t + e / classes), where w are the classes' weights, e is the label smoothing and t the probabilities, or 1
// at the label. total = sum(q), and share is the label's weight. Normalised logits are logarithms of
// probabilities: logSumExp and total are 0. A row that is ignored has loss, total and share 0; a label that names no class
// gives NaN and no gradient.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {
namespace {

// The largest logit of a row, and the logarithm of the sum of exp(z - largest).
struct RowMaximum {
  float largest, log_sum;
};

RowMaximum row_maximum(const float* z, int classes) {
  const float largest = classes > 0 ? *std::max_element(z, z + classes) : -INFINITY;
  float exponentials = 0;
  for (int c = 0; c < classes; c++) exponentials += std::exp(z[c] - largest);
  return {largest, std::log(exponentials)};
}

bool is_ignored(int32_t label, const CrossEntropyParams& p) { return p.ignores && label == p.ignoreIndex; }

// Rows that are worth another core.
int64_t row_grain(const CrossEntropyParams& p) { return kElementGrain / (p.classes + 1) / 4 + 1; }

}  // namespace

void cross_entropy_forward(Context&, Bufs in, Bufs out, const CrossEntropyParams& p) {
  const float* logits = in[0].as<float>();      // [rows,classes]
  const int32_t* target = in[1].as<int32_t>();  // [rows]
  const float* weight = in[2].as<float>();      // [classes], or none
  float *loss = out[0].as<float>(), *log_sum_exp = out[1].as<float>(), *total = out[2].as<float>(), *share = out[3].as<float>();  // [rows]
  parallel_for(p.rows, row_grain(p), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* z = logits + row * p.classes;
      const auto [largest, log_sum] = p.normalised ? RowMaximum{0, 0} : row_maximum(z, p.classes);
      float spread = 0, spread_loss = 0;  // of the part of the target that is the same for all classes
      if (p.labelSmoothing > 0) {
        for (int c = 0; c < p.classes; c++) {
          const float w = weight ? weight[c] : 1.0f;
          spread += w;
          spread_loss += w * (log_sum - (z[c] - largest));
        }
        spread *= p.labelSmoothing / p.classes;
        spread_loss *= p.labelSmoothing / p.classes;
      }
      const int32_t label = target[row];
      const bool ignored = is_ignored(label, p), valid = !ignored && label >= 0 && label < p.classes;
      const float w = valid ? (weight ? weight[label] : 1.0f) : 0.0f;
      log_sum_exp[row] = largest + log_sum;
      share[row] = w;
      total[row] = valid && !p.normalised ? (1 - p.labelSmoothing) * w + spread : 0.0f;
      loss[row] = valid ? (1 - p.labelSmoothing) * w * (log_sum - (z[label] - largest)) + spread_loss : ignored ? 0.0f : NAN;
    }
  });
}

void cross_entropy_grad(Context&, Bufs in, Bufs out, const CrossEntropyParams& p) {
  const float* logits = in[0].as<float>();      // [rows,classes]
  const int32_t* target = in[1].as<int32_t>();  // [rows]
  const float* weight = in[2].as<float>();      // [classes], or none
  const float *log_sum_exp = in[3].as<float>(), *total = in[4].as<float>(), *dloss = in[5].as<float>();  // [rows]
  float* dlogits = out[0].as<float>();          // [rows,classes]
  parallel_for(p.rows, row_grain(p), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int32_t label = target[row];
      const bool valid = !is_ignored(label, p) && label >= 0 && label < p.classes;
      for (int c = 0; c < p.classes; c++) {
        const int64_t i = row * p.classes + c;
        const float w = weight ? weight[c] : 1.0f;
        const float q = w * ((c == label ? 1 - p.labelSmoothing : 0.0f) + p.labelSmoothing / p.classes);
        dlogits[i] = valid ? dloss[row] * ((p.normalised ? 0.0f : total[row] * std::exp(logits[i] - log_sum_exp[row])) - q) : 0.0f;
      }
    }
  });
}

void soft_cross_entropy_forward(Context&, Bufs in, Bufs out, const CrossEntropyParams& p) {
  const float *logits = in[0].as<float>(), *target = in[1].as<float>();  // [rows,classes]
  const float* weight = in[2].as<float>();                               // [classes], or none
  float *loss = out[0].as<float>(), *log_sum_exp = out[1].as<float>(), *total = out[2].as<float>();  // [rows]
  parallel_for(p.rows, row_grain(p), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float *z = logits + row * p.classes, *t = target + row * p.classes;
      const auto [largest, log_sum] = row_maximum(z, p.classes);
      float sum = 0, sum_loss = 0;
      for (int c = 0; c < p.classes; c++) {
        const float q = (weight ? weight[c] : 1.0f) * ((1 - p.labelSmoothing) * t[c] + p.labelSmoothing / p.classes);
        sum += q;
        sum_loss += q * (log_sum - (z[c] - largest));
      }
      log_sum_exp[row] = largest + log_sum;
      total[row] = sum;
      loss[row] = sum_loss;
    }
  });
}

void soft_cross_entropy_grad(Context&, Bufs in, Bufs out, const CrossEntropyParams& p) {
  const float *logits = in[0].as<float>(), *target = in[1].as<float>();  // [rows,classes]
  const float* weight = in[2].as<float>();                               // [classes], or none
  const float *log_sum_exp = in[3].as<float>(), *total = in[4].as<float>(), *dloss = in[5].as<float>();  // [rows]
  float *dlogits = out[0].as<float>(), *dtarget = out[1].as<float>();    // [rows,classes]
  parallel_for(p.rows, row_grain(p), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      for (int c = 0; c < p.classes; c++) {
        const int64_t i = row * p.classes + c;
        const float w = weight ? weight[c] : 1.0f, log_probability = logits[i] - log_sum_exp[row];
        const float q = w * ((1 - p.labelSmoothing) * target[i] + p.labelSmoothing / p.classes);
        dlogits[i] = dloss[row] * (total[row] * std::exp(log_probability) - q);
        dtarget[i] = -dloss[row] * (1 - p.labelSmoothing) * w * log_probability;
      }
    }
  });
}

}  // namespace convolt::cpu
