// Softmax and its logarithm along one axis, and their gradients from the output.
#include "softmax_functions.h"

#include <algorithm>

#include "backend.h"
#include "lane_reduce.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

constexpr int64_t kColumns = 256;     // neighbouring rows that are worked on together where the axis is not the last

template <class F>
VECTORIZED void forward_row(const float* x, float* y, int64_t n) {
  const float largest = reduce(n, -INFINITY, [=](int64_t i) { return x[i]; }, Larger());
  for (int64_t i = 0; i < n; i++) y[i] = exp_of(x[i] - largest);
  const float sum = reduce(n, 0.0f, [=](int64_t i) { return y[i]; }, Plus());
  for (int64_t i = 0; i < n; i++) y[i] = F::value(x[i], largest, sum);
}

template <class F>
VECTORIZED void gradient_row(const float* y, const float* dy, float* dx, int64_t n) {
  const float total = reduce(n, 0.0f, [=](int64_t i) { return F::term(y[i], dy[i]); }, Plus());
  for (int64_t i = 0; i < n; i++) dx[i] = F::gradient(y[i], dy[i], total);
}

// `n` rows beside each other, elements of which are `inner` apart.
template <class F>
VECTORIZED void forward_columns(const float* x, float* y, int64_t size, int64_t inner, int64_t n) {
  float largest[kColumns], sum[kColumns];
  for (int64_t j = 0; j < n; j++) largest[j] = -INFINITY, sum[j] = 0;
  for (int64_t i = 0; i < size; i++)
    for (int64_t j = 0; j < n; j++) largest[j] = larger(largest[j], x[i * inner + j]);
  for (int64_t i = 0; i < size; i++)
    for (int64_t j = 0; j < n; j++) sum[j] += exp_of(x[i * inner + j] - largest[j]);
  for (int64_t i = 0; i < size; i++)
    for (int64_t j = 0; j < n; j++) y[i * inner + j] = F::value(x[i * inner + j], largest[j], sum[j]);
}

template <class F>
VECTORIZED void gradient_columns(const float* y, const float* dy, float* dx, int64_t size, int64_t inner, int64_t n) {
  float total[kColumns] = {};
  for (int64_t i = 0; i < size; i++)
    for (int64_t j = 0; j < n; j++) total[j] += F::term(y[i * inner + j], dy[i * inner + j]);
  for (int64_t i = 0; i < size; i++)
    for (int64_t j = 0; j < n; j++) dx[i * inner + j] = F::gradient(y[i * inner + j], dy[i * inner + j], total[j]);
}

// Calls row(first) for every row where the axis is the last, else columns(first, n) for rows beside each other.
template <class Row, class Columns>
void for_rows(const SoftmaxParams& p, const Row& row, const Columns& columns) {
  if (int64_t(p.outer) * p.size * p.inner == 0) return;
  if (p.inner == 1) {
    return parallel_for(p.outer, kElementGrain / p.size / 4 + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) row(i * p.size);
    });
  }
  const int64_t blocks = (p.inner + kColumns - 1) / kColumns, grain = kElementGrain / p.size / std::min<int64_t>(p.inner, kColumns) / 4 + 1;
  parallel_for(p.outer * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t column = i % blocks * kColumns;
      columns(i / blocks * p.size * p.inner + column, std::min<int64_t>(kColumns, p.inner - column));
    }
  });
}

template <class F>
void forward(Bufs in, Bufs out, const SoftmaxParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  for_rows(
      p, [=](int64_t at) { forward_row<F>(x + at, y + at, p.size); },
      [=](int64_t at, int64_t n) { forward_columns<F>(x + at, y + at, p.size, p.inner, n); });
}

template <class F>
void gradient(Bufs in, Bufs out, const SoftmaxParams& p) {
  const float *y = in[0].as<float>(), *dy = in[1].as<float>();
  float* dx = out[0].as<float>();
  for_rows(
      p, [=](int64_t at) { gradient_row<F>(y + at, dy + at, dx + at, p.size); },
      [=](int64_t at, int64_t n) { gradient_columns<F>(y + at, dy + at, dx + at, p.size, p.inner, n); });
}

}  // namespace

void softmax_forward(Context&, Bufs in, Bufs out, const SoftmaxParams& p) { forward<Softmax>(in, out, p); }
void softmax_grad(Context&, Bufs in, Bufs out, const SoftmaxParams& p) { gradient<Softmax>(in, out, p); }
void log_softmax_forward(Context&, Bufs in, Bufs out, const SoftmaxParams& p) { forward<LogSoftmax>(in, out, p); }
void log_softmax_grad(Context&, Bufs in, Bufs out, const SoftmaxParams& p) { gradient<LogSoftmax>(in, out, p); }

}  // namespace convolt::cpu
