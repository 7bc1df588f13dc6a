// Lp pooling, and its gradient as a gather.
//
// Algorithm  forward: one thread for each output adds |x|^p over its window, multiplies by `fullness`, which is 1 but for
//            windows that ceilMode cuts short, and takes the p-th root. Gradient: one thread for each input adds
//            dy fullness sign(x) (|x| / y)^(p - 1) of the windows that hold it, in a fixed order; an element that is 0
//            has the gradient 0.
// Shapes     x, dx [n,d,h,w,c]; y, dy [n,z,p,q,c].
// Bytes      with e bytes an element: forward e an input (overlaps come from the cache) and e an output; gradient 2e an
//            input and 2e an output.
// Bound by   memory for p = 1 and 2, else by powf.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "pool.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// a^exponent for a >= 0.
DEV float power(float a, float exponent) {
  return exponent == 1 ? a : exponent == 2 ? a * a : exponent == 0.5f ? sqrtf(a) : powf(a, exponent);
}

// By how much a window that reaches beyond the padded image is multiplied to stand for a whole one.
DEV float fullness(const PoolParams& p, const Position& out) {
  const float counted = counted_taps(p, out, true);
  return counted > 0 ? float(p.t) * float(p.r) * float(p.s) / counted : 1;
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    lp_pool_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t outputs, PoolParams p) {
  for (int64_t i = first_element(); i < outputs; i += grid_threads()) {
    const Position out = position_of(i, p.z, p.p, p.q, p.c);
    float sum = 0;
    for_window(p, out, [&](int, int64_t offset) { sum += power(fabsf(widen(x[offset])), p.norm); });
    y[i] = narrow<T>(power(sum * fullness(p, out), 1 / p.norm));
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    lp_pool_grad_kernel(const T* __restrict__ x, const T* __restrict__ y, const T* __restrict__ dy, T* __restrict__ dx, int64_t inputs,
                        PoolParams p) {
  for (int64_t i = first_element(); i < inputs; i += grid_threads()) {
    const float value = widen(x[i]);
    float sum = 0;
    for_holders(p, position_of(i, p.d, p.h, p.w, p.c), [&](int, int64_t output, const Position& at) {
      const float norm = widen(y[output]);
      if (value != 0 && norm != 0) sum += widen(dy[output]) * fullness(p, at) * power(fabsf(value) / norm, p.norm - 1);
    });
    dx[i] = narrow<T>(value < 0 ? -sum : sum);
  }
}

}  // namespace

void lp_pool_forward(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(lp_pool_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), out[0].as<T>(), n, p);
  });
}

void lp_pool_grad(Context& ctx, Bufs in, Bufs out, const PoolParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(lp_pool_grad_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<T>(), in[2].as<T>(), out[0].as<T>(), n, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
