// Softmax cross-entropy with labels: loss = logSumExp(z) - sum(q z), where q = (1 - e) onehot(label) + e / classes and
// e is the label smoothing. A label that names no class gives NaN and no gradient.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void cross_entropy_forward(Context&, Bufs in, Bufs out, const CrossEntropyParams& p) {
  const float* logits = in[0].as<float>();       // [rows,classes]
  const int32_t* target = in[1].as<int32_t>();   // [rows]
  float *loss = out[0].as<float>(), *log_sum_exp = out[1].as<float>();  // [rows]
  parallel_for(p.rows, kElementGrain / (p.classes + 1) / 4 + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* z = logits + row * p.classes;
      const float largest = p.classes > 0 ? *std::max_element(z, z + p.classes) : -INFINITY;
      float exponentials = 0, sum = 0;
      for (int c = 0; c < p.classes; c++) {
        exponentials += std::exp(z[c] - largest);
        sum += z[c];
      }
      const float total = largest + std::log(exponentials);
      const int32_t label = target[row];
      const bool valid = label >= 0 && label < p.classes;
      log_sum_exp[row] = total;
      loss[row] = valid ? total - (1 - p.labelSmoothing) * z[label] - p.labelSmoothing * (sum / p.classes) : NAN;
    }
  });
}

void cross_entropy_grad(Context&, Bufs in, Bufs out, const CrossEntropyParams& p) {
  const float* logits = in[0].as<float>();      // [rows,classes]
  const int32_t* target = in[1].as<int32_t>();  // [rows]
  const float *log_sum_exp = in[2].as<float>(), *dloss = in[3].as<float>();  // [rows]
  float* dlogits = out[0].as<float>();          // [rows,classes]
  parallel_for(p.rows, kElementGrain / (p.classes + 1) / 4 + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int32_t label = target[row];
      const bool valid = label >= 0 && label < p.classes;
      for (int c = 0; c < p.classes; c++) {
        const int64_t i = row * p.classes + c;
        const float q = (c == label ? 1 - p.labelSmoothing : 0.0f) + p.labelSmoothing / p.classes;
        dlogits[i] = valid ? dloss[row] * (std::exp(logits[i] - log_sum_exp[row]) - q) : 0.0f;
      }
    }
  });
}

}  // namespace convolt::cpu
