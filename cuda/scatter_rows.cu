// Weighted sums of rows that an index names (embeddings, sampling), and their gradients.
//
// Algorithm  entry e = (source, tap) joins row index[e] of x to row `source` of y. gather_rows: one thread for each element
//            of y sums its taps. scatter_rows: the entries are sorted by the row they name, equal ones in their order
//            (radix_sort.cuh); then one thread for each element of dx sums the entries of its row: no atomics, a fixed
//            order. gather_rows_weight_grad: one warp for each entry.
//            An index of -1, or skip - 1, is passed over; others outside of x give NaN in y, and no gradient.
// Shapes     x, dx [outer,rows,c]; y, dy [outer,sources,c]; index, weight [sources,taps].
// Bytes      gather_rows: x and y, taps and 1 times the elements of y. scatter_rows: dy taps times, dx once, and 20 an entry
//            for each four bits of `rows`.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "radix_sort.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class T>
__global__ void __launch_bounds__(kBlock)
    gather_rows_kernel(const T* __restrict__ x, const int* __restrict__ index, const T* __restrict__ weight, T* __restrict__ y, int64_t n,
                       RowsParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t channel = i % p.c, source = i / p.c % p.sources, outer = i / p.c / p.sources;
    float sum = 0;
    for (int64_t e = source * p.taps; e < (source + 1) * p.taps; e++) {
      const int row = index[e];
      if (row == -1 || row == p.skip - 1) continue;
      const float value = row >= 0 && row < p.rows ? widen(x[(outer * p.rows + row) * p.c + channel]) : NAN;
      sum += weight ? widen(weight[e]) * value : value;
    }
    y[i] = narrow<T>(sum);
  }
}

// The key of an entry is its row; those that are passed over come last.
__global__ void __launch_bounds__(kBlock) entries_kernel(const int* __restrict__ index, Pairs entries, int64_t count, RowsParams p) {
  for (int64_t e = first_element(); e < count; e += grid_threads()) {
    const int row = index[e];
    entries.keys[e] = row >= 0 && row < p.rows && row != p.skip - 1 ? row : p.rows;
    entries.values[e] = int(e);
  }
}

// starts[row] = how many entries come before those of the row. [rows + 1]
__global__ void __launch_bounds__(kBlock)
    starts_kernel(const uint32_t* __restrict__ sorted, int* __restrict__ starts, int64_t count, int64_t rows) {
  for (int64_t row = first_element(); row <= rows; row += grid_threads()) {
    int64_t low = 0, high = count;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (int64_t(sorted[middle]) < row) low = middle + 1;
      else high = middle;
    }
    starts[row] = int(low);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    scatter_rows_kernel(const T* __restrict__ dy, const T* __restrict__ weight, const int* __restrict__ entries,
                        const int* __restrict__ starts, T* __restrict__ dx, int64_t n, RowsParams p) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const int64_t channel = i % p.c, row = i / p.c % p.rows, outer = i / p.c / p.rows;
    float sum = 0;
    for (int at = starts[row]; at < starts[row + 1]; at++) {
      const int entry = entries[at];
      const float value = widen(dy[(outer * p.sources + entry / p.taps) * p.c + channel]);
      sum += weight ? widen(weight[entry]) * value : value;
    }
    dx[i] = narrow<T>(sum);
  }
}

constexpr int kWarp = 32;

template <class T>
__global__ void __launch_bounds__(kBlock, 5)  // without the 5, ptxas gives 40 registers and spills
    weight_grad_kernel(const T* __restrict__ x, const T* __restrict__ dy, const int* __restrict__ index, T* __restrict__ dweight,
                       int64_t count, RowsParams p) {
  const int lane = threadIdx.x % kWarp;
  for (int64_t e = first_element() / kWarp; e < count; e += grid_threads() / kWarp) {
    const int row = index[e];
    float sum = 0;
    const int64_t outers = p.c > 0 ? p.outer : 0;  // sums over no channels are empty, and may be many
    if (row >= 0 && row < p.rows && row != p.skip - 1)
      for (int64_t outer = 0; outer < outers; outer++)
        for (int64_t channel = lane; channel < p.c; channel += kWarp)
          sum += widen(x[(outer * p.rows + row) * p.c + channel]) * widen(dy[(outer * p.sources + e / p.taps) * p.c + channel]);
    for (int distance = kWarp / 2; distance > 0; distance /= 2) sum += __shfl_xor_sync(~0u, sum, distance);
    if (lane == 0) dweight[e] = narrow<T>(sum);
  }
}

int bits_to_hold(int value) {
  int bits = 0;
  while (bits < 32 && int64_t(value) >> bits != 0) bits++;
  return bits;
}

}  // namespace

void gather_rows(Context& ctx, Bufs in, Bufs out, const RowsParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(gather_rows_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int>(), in[2].as<T>(), out[0].as<T>(), n, p);
  });
}

void scatter_rows(Context& ctx, Bufs in, Bufs out, const RowsParams& p) {
  const int64_t n = out[0].numel, count = in[1].numel;
  if (n == 0) return;
  Pairs entries = scratch_pairs(ctx, count);
  if (count > 0) launch(entries_kernel, blocks_for(count), kBlock, 0, ctx.stream, in[1].as<int>(), entries, count, p);
  entries = radix_sort(ctx, entries, 1, count, bits_to_hold(p.rows));
  int* starts = ctx.scratch_array<int>(int64_t(p.rows) + 1);
  launch(starts_kernel, blocks_for(int64_t(p.rows) + 1), kBlock, 0, ctx.stream, entries.keys, starts, count, p.rows);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(scatter_rows_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[2].as<T>(), entries.values, starts,
           out[0].as<T>(), n, p);
  });
}

void gather_rows_weight_grad(Context& ctx, Bufs in, Bufs out, const RowsParams& p) {
  const int64_t count = out[0].numel;
  if (count == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(weight_grad_kernel<T>, blocks_for(count * kWarp), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<T>(), in[2].as<int>(),
           out[0].as<T>(), count, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
