// Sum and argmax over the middle axis of x [outer,size,inner].
//
// Algorithm  sum with inner > 1: one thread for each result where size is small, else column sums
//            (column_reduce.cuh), one launch for each of `outer`. With inner = 1: a block sums a part of a row, and a
//            second kernel the parts. The order depends on the shape alone.
//            argmax: one thread for each result; the first of equals wins, and a NaN is the largest of all.
// Shapes     y, index [outer,inner].
// Bytes      4 an element of x.
// Bound by   memory.
#include "backend.h"
#include "block_reduce.cuh"
#include "column_reduce.cuh"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct Sum {
  float value;
  static DEV Sum zero() { return {0.0f}; }
  DEV void merge(const Sum& other) { value += other.value; }
};

struct LoadElement {
  const float* x;  // [rows,cols]
  int64_t cols;
  DEV void add(Sum& sum, int64_t row, int64_t column) const { sum.value += x[row * cols + column]; }
};

__global__ void __launch_bounds__(kBlock)
    merge_columns_kernel(const Sum* __restrict__ partials, float* __restrict__ y, int parts, int64_t cols, float scale) {
  for (int64_t column = first_element(); column < cols; column += grid_threads())
    y[column] = merge_parts(partials, parts, cols, column).value * scale;
}

// Block (row, part) sums one part of one row into partials [outer,parts].
constexpr int64_t kRowPart = 16384;
__global__ void __launch_bounds__(kBlock)
    row_partials_kernel(const float* __restrict__ x, float* __restrict__ partials, int64_t size, int parts) {
  const int64_t row = blockIdx.x / parts, begin = blockIdx.x % parts * kRowPart;
  const int64_t end = begin + kRowPart < size ? begin + kRowPart : size;
  float sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += kBlock) sum += x[row * size + i];
  sum = block_reduce(sum, AddValues{});
  if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kBlock)
    merge_rows_kernel(const float* __restrict__ partials, float* __restrict__ y, int64_t outer, int parts, float scale) {
  for (int64_t row = first_element(); row < outer; row += grid_threads()) {
    float sum = 0;
    for (int part = 0; part < parts; part++) sum += partials[row * parts + part];
    y[row] = sum * scale;
  }
}

void sum_rows(Context& ctx, const float* x, float* y, const ReduceParams& p) {
  const int parts = int((p.size + kRowPart - 1) / kRowPart);
  float* partials = ctx.scratch_array<float>(int64_t(p.outer) * parts);  // [outer,parts]
  launch(row_partials_kernel, unsigned(int64_t(p.outer) * parts), kBlock, 0, ctx.stream, x, partials, p.size, parts);
  launch(merge_rows_kernel, blocks_for(p.outer), kBlock, 0, ctx.stream, partials, y, p.outer, parts, p.scale);
}

// One thread for each result: right when there are many results, or little to sum.
__global__ void __launch_bounds__(kBlock)
    sum_middle_kernel(const float* __restrict__ x, float* __restrict__ y, int64_t outer, int64_t size, int64_t inner, float scale) {
  for (int64_t i = first_element(); i < outer * inner; i += grid_threads()) {
    const float* column = x + i / inner * size * inner + i % inner;  // [size], inner apart
    float sum = 0;
    for (int64_t s = 0; s < size; s++) sum += column[s * inner];
    y[i] = sum * scale;
  }
}

void sum_columns(Context& ctx, const float* x, float* y, const ReduceParams& p) {
  const Parts parts = parts_of(p.size);
  Sum* partials = ctx.scratch_array<Sum>(int64_t(parts.count) * p.inner);  // [parts,inner]
  for (int64_t o = 0; o < p.outer; o++) {
    const LoadElement load{x + o * p.size * p.inner, p.inner};
    launch_column_partials(ctx.stream, load, partials, p.size, p.inner, parts);
    launch(merge_columns_kernel, blocks_for(p.inner), kBlock, 0, ctx.stream, partials, y + o * p.inner, parts.count, p.inner, p.scale);
  }
}

__global__ void __launch_bounds__(kBlock)
    argmax_kernel(const float* __restrict__ x, int* __restrict__ index, int64_t outer, int64_t size, int64_t inner) {
  for (int64_t i = first_element(); i < outer * inner; i += grid_threads()) {
    const float* column = x + i / inner * size * inner + i % inner;  // [size], inner apart
    float largest = column[0];
    int at = 0;
    for (int64_t s = 1; s < size && !isnan(largest); s++) {
      const float value = column[s * inner];
      if (value > largest || isnan(value)) {
        largest = value;
        at = int(s);
      }
    }
    index[i] = at;
  }
}

__global__ void __launch_bounds__(kBlock) sum_of_nothing_kernel(float* y, int64_t n, float scale) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = 0.0f * scale;  // NaN for a mean
}

}  // namespace

void sum(Context& ctx, Bufs in, Bufs out, const ReduceParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  if (p.size == 0) launch(sum_of_nothing_kernel, blocks_for(n), kBlock, 0, ctx.stream, out[0].as<float>(), n, p.scale);
  else if (p.inner == 1) sum_rows(ctx, in[0].as<float>(), out[0].as<float>(), p);
  else if (p.size <= kRowsPerPart)
    launch(sum_middle_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<float>(), p.outer, p.size, p.inner, p.scale);
  else sum_columns(ctx, in[0].as<float>(), out[0].as<float>(), p);
}

void argmax(Context& ctx, Bufs in, Bufs out, const ReduceParams& p) {
  if (in[0].numel > 0)
    launch(argmax_kernel, blocks_for(out[0].numel), kBlock, 0, ctx.stream, in[0].as<float>(), out[0].as<int>(), p.outer, p.size, p.inner);
}

}  // namespace convolt::CONVOLT_BACKEND
