// Running sums along the middle axis of x [outer,size,inner], from its start or from its end.
//
// Algorithm  inner > 1: one thread for each column. inner = 1: one block for each row walks it in steps of 4096: each
//            thread sums 16 neighbours, a scan gives what comes before them.
// Shapes     x, y [outer,size,inner].
// Bytes      8 an element.
// Bound by   memory; latency where there are few columns, or few rows.
#include "backend.h"
#include "block_scan.cuh"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kEach = 16;

// The place of element s in the order of summation.
DEV int64_t place_of(int64_t s, const CumsumParams& p) { return p.reverse ? p.size - 1 - s : s; }

__global__ void __launch_bounds__(kBlock) cumsum_columns_kernel(const float* __restrict__ x, float* __restrict__ y, CumsumParams p) {
  const int64_t columns = int64_t(p.outer) * p.inner;
  for (int64_t i = first_element(); i < columns; i += grid_threads()) {
    const int64_t first = i / p.inner * p.size * p.inner + i % p.inner;
    float sum = 0;
    for (int64_t s = 0; s < p.size; s++) {
      const int64_t at = first + place_of(s, p) * p.inner;
      sum += x[at];
      y[at] = sum;
    }
  }
}

__global__ void __launch_bounds__(kBlock) cumsum_rows_kernel(const float* __restrict__ x, float* __restrict__ y, CumsumParams p) {
  const int64_t row = int64_t(blockIdx.x) * p.size;
  float before_step = 0;
  for (int64_t step = 0; step < p.size; step += kBlock * kEach) {
    const int64_t begin = step + threadIdx.x * kEach, end = begin + kEach < p.size ? begin + kEach : p.size;
    float own = 0, total;
    for (int64_t s = begin; s < end; s++) own += x[row + place_of(s, p)];
    float sum = before_step + block_exclusive_scan(own, total);
    for (int64_t s = begin; s < end; s++) {
      sum += x[row + place_of(s, p)];
      y[row + place_of(s, p)] = sum;
    }
    before_step += total;
  }
}

}  // namespace

void cumsum(Context& ctx, Bufs in, Bufs out, const CumsumParams& p) {
  if (out[0].numel == 0) return;
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  if (p.inner == 1) launch(cumsum_rows_kernel, unsigned(p.outer), kBlock, 0, ctx.stream, x, y, p);
  else launch(cumsum_columns_kernel, blocks_for(int64_t(p.outer) * p.inner), kBlock, 0, ctx.stream, x, y, p);
}

}  // namespace convolt::CONVOLT_BACKEND
