// Softmax over the rows of a matrix, and its gradient from the output.
#include "backend.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace convolt::cpu {

void softmax_forward(Context&, Bufs in, Bufs out, const SoftmaxParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(p.rows, kElementGrain / p.cols / 4 + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* from = x + row * p.cols;
      float* to = y + row * p.cols;
      const float largest = *std::max_element(from, from + p.cols);
      float sum = 0;
      for (int64_t c = 0; c < p.cols; c++) sum += to[c] = std::exp(from[c] - largest);
      for (int64_t c = 0; c < p.cols; c++) to[c] /= sum;
    }
  });
}

void softmax_grad(Context&, Bufs in, Bufs out, const SoftmaxParams& p) {
  const float *y = in[0].as<float>(), *dy = in[1].as<float>();
  float* dx = out[0].as<float>();
  if (out[0].numel == 0) return;
  parallel_for(p.rows, kElementGrain / p.cols + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t first = row * p.cols;
      float dot = 0;
      for (int64_t c = first; c < first + p.cols; c++) dot += y[c] * dy[c];
      for (int64_t c = first; c < first + p.cols; c++) dx[c] = y[c] * (dy[c] - dot);
    }
  });
}

}  // namespace convolt::cpu
