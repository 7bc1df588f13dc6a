// Which pixels real-valued positions read, with what weights; and the positions' gradient.
//
// Algorithm  one thread for each position computes its taps (taps.h). The gradient computes them again and sums the
//            slopes of the weights, each times its weight's gradient.
// Shapes     position, dposition [n,m,axes]; weight, index, dweight [n,m,t].
// Bytes      8 a tap and 4 axes a position forward; 4 a tap and 8 axes a position backward.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"
#include "taps.h"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <int Axes, int Count>
__global__ void __launch_bounds__(kBlock)
    taps_kernel(const float* __restrict__ position, float* __restrict__ weight, int* __restrict__ index, TapsParams p) {
  for (int64_t i = first_element(); i < int64_t(p.n) * p.m; i += grid_threads())
    for_taps<Axes, Count>(position + i * Axes, i / p.m, i % p.m, p, [=](int t, int row, float share, const float*) {
      weight[i * p.t + t] = share;
      index[i * p.t + t] = row;
    });
}

template <int Axes, int Count>
__global__ void __launch_bounds__(kBlock)
    taps_grad_kernel(const float* __restrict__ position, const float* __restrict__ dweight, float* __restrict__ dposition, TapsParams p) {
  for (int64_t i = first_element(); i < int64_t(p.n) * p.m; i += grid_threads()) {
    float sum[Axes] = {};
    for_taps<Axes, Count>(position + i * Axes, i / p.m, i % p.m, p, [&](int t, int row, float, const float* slope) {
      if (row < 0) return;
      for (int axis = 0; axis < Axes; axis++) sum[axis] += slope[axis] * dweight[i * p.t + t];
    });
    for (int axis = 0; axis < Axes; axis++) dposition[i * Axes + axis] = sum[axis];
  }
}

}  // namespace

void taps(Context& ctx, Bufs in, Bufs out, const TapsParams& p) {
  const int64_t positions = int64_t(p.n) * p.m;
  if (positions == 0) return;
  with_taps(p, [&](auto axes, auto count) {
    launch(taps_kernel<axes, count>, blocks_for(positions), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<float>(), out[1].as<int>(), p);
  });
}

void taps_grad(Context& ctx, Bufs in, Bufs out, const TapsParams& p) {
  const int64_t positions = int64_t(p.n) * p.m;
  if (positions == 0) return;
  with_taps(p, [&](auto axes, auto count) {
    launch(taps_grad_kernel<axes, count>, blocks_for(positions), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(),
           out[0].as<float>(), p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
