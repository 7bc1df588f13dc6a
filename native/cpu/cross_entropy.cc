// Softmax cross-entropy with labels or with probabilities: loss = sum(q (logSumExp(z) - z)) with the target
// q = w ((1 - e) t + e / classes), where w are the classes' weights, e is the label smoothing and t the probabilities, or 1
// at the label. total = sum(q), and share is the label's weight. Normalised logits are logarithms of
// probabilities: logSumExp and total are 0. A row that is ignored has loss, total and share 0; a label that names no class
// gives NaN and no gradient.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "float_math.h"
#include "lane_reduce.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

// The largest logit of a row, and the logarithm of the sum of exp(z - largest).
struct RowMaximum {
  float largest, log_sum;
};

VECTORIZED RowMaximum row_maximum(const float* z, int64_t classes) {
  const float largest = reduce(classes, -INFINITY, [=](int64_t c) { return z[c]; }, Larger());
  const float exponentials = reduce(classes, 0.0f, [=](int64_t c) { return exp_of(z[c] - largest); }, Plus());
  return {largest, std::log(exponentials)};
}

// dlogits [classes] of a row, but for what its label takes away: dloss (total exp(z - logSumExp) - even w).
VECTORIZED void probabilities_grad(const float* z, const float* weight, float log_sum_exp, float total, float even, float dloss,
                                   bool normalised, float* dlogits, int64_t classes) {
  for (int64_t c = 0; c < classes; c++) {
    const float probability = normalised ? 0.0f : total * exp_of(z[c] - log_sum_exp);
    dlogits[c] = dloss * (probability - (weight ? weight[c] : 1.0f) * even);
  }
}

// The gradients of a row of logits and of the probabilities that are its target.
VECTORIZED void soft_row_grad(const float* z, const float* t, const float* weight, float log_sum_exp, float total, float dloss,
                              float smoothing, float* dlogits, float* dtarget, int64_t classes) {
  for (int64_t c = 0; c < classes; c++) {
    const float w = weight ? weight[c] : 1.0f, log_probability = z[c] - log_sum_exp;
    const float q = w * ((1 - smoothing) * t[c] + smoothing / classes);
    dlogits[c] = dloss * (total * exp_of(log_probability) - q);
    dtarget[c] = -dloss * (1 - smoothing) * w * log_probability;
  }
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
      float* row_grad = dlogits + row * p.classes;
      if (!valid) {
        std::fill_n(row_grad, p.classes, 0.0f);
        continue;
      }
      probabilities_grad(logits + row * p.classes, weight, log_sum_exp[row], total[row], p.labelSmoothing / p.classes, dloss[row],
                         p.normalised, row_grad, p.classes);
      row_grad[label] -= dloss[row] * (weight ? weight[label] : 1.0f) * (1 - p.labelSmoothing);
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
      const int64_t at = row * p.classes;
      soft_row_grad(logits + at, target + at, weight, log_sum_exp[row], total[row], dloss[row], p.labelSmoothing, dlogits + at,
                    dtarget + at, p.classes);
    }
  });
}

}  // namespace convolt::cpu
