// Functions of one number, element by element, and their gradients.
#include "backend.h"

#include <algorithm>

#include "parallel.h"
#include "unary_functions.h"

namespace convolt::cpu {
namespace {

template <class F>
VECTORIZED void forward_range(F f, const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = f.value(x[i]);
}

// In two loops: of one, the compiler makes a branch for each value that a slope may have, and no vectors.
template <class F>
VECTORIZED void gradient_range(F f, const float* saved, const float* dy, float* dx, int64_t n) {
  constexpr int64_t most = 256;
  float slopes[most];
  for (int64_t first = 0; first < n; first += most) {
    const int64_t count = std::min(n - first, most);
    for (int64_t i = 0; i < count; i++) slopes[i] = f.slope(saved[first + i]);
    for (int64_t i = 0; i < count; i++) dx[first + i] = vanishing(dy[first + i], slopes[i]);
  }
}

template <class F>
void second_gradient_range(F f, const float* saved, const float* dy, const float* ddx, float* dsaved, int64_t n) {
  for (int64_t i = 0; i < n; i++) dsaved[i] = vanishing(dy[i] * ddx[i], f.curvature(saved[i]));
}

}  // namespace

void unary_forward(Context&, Bufs in, Bufs out, const UnaryParams& p) {
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  with_unary(p, [&](auto f) {
    parallel_for(out[0].numel, kElementGrain, [=](int64_t begin, int64_t end) { forward_range(f, x + begin, y + begin, end - begin); });
  });
}

void unary_grad(Context&, Bufs in, Bufs out, const UnaryParams& p) {
  const float *saved = in[0].as<float>(), *dy = in[1].as<float>();
  float* dx = out[0].as<float>();
  with_unary(p, [&](auto f) {
    parallel_for(out[0].numel, kElementGrain, [=](int64_t begin, int64_t end) {
      gradient_range(f, saved + begin, dy + begin, dx + begin, end - begin);
    });
  });
}

void unary_second_grad(Context&, Bufs in, Bufs out, const UnaryParams& p) {
  const float *saved = in[0].as<float>(), *dy = in[1].as<float>(), *ddx = in[2].as<float>();
  float* dsaved = out[0].as<float>();
  with_unary(p, [&](auto f) {
    parallel_for(out[0].numel, kElementGrain, [=](int64_t begin, int64_t end) {
      second_gradient_range(f, saved + begin, dy + begin, ddx + begin, dsaved + begin, end - begin);
    });
  });
}

}  // namespace convolt::cpu
