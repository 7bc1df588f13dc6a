// Reduces the rows of a [rows,cols] matrix to one value for each column, in an order fixed by the shape.
//
// Algorithm  a block takes 32 columns and a part of the rows; its 8 rows of threads walk down the part, so that a
//            warp reads 128 bytes in a row. The 8 values of a column are merged in order in shared memory. The
//            caller's next kernel merges the parts, in order.
// Bytes      what Load reads, once; parts * cols partial results.
// Bound by   memory.
#pragma once

#include "device/device.cuh"

constexpr int kColumns = 32, kRowThreads = 8;
constexpr int kRowsPerPart = 512;
constexpr int kMostParts = 1024;

struct Parts {
  int count;
  int64_t rows;  // in each part but the last
};

// How many parts the rows are cut into; more rows than kMostParts full parts make longer parts.
inline Parts parts_of(int64_t rows) {
  int64_t count = (rows + kRowsPerPart - 1) / kRowsPerPart;
  if (count < 1) count = 1;
  if (count > kMostParts) count = kMostParts;
  return {int(count), (rows + count - 1) / count};
}

// Partial is a plain struct with zero() and merge(); load.add(partial, row, column) takes in one element.
template <class Partial, class Load>
__global__ void __launch_bounds__(kColumns * kRowThreads)
    column_partials_kernel(Load load, Partial* __restrict__ partials, int64_t rows, int64_t cols, int64_t rows_per_part) {
  SHARED_ARRAY(Partial, of_thread, [kRowThreads][kColumns]);
  const int64_t column = int64_t(blockIdx.x) * kColumns + threadIdx.x;
  const int64_t begin = blockIdx.y * rows_per_part;
  const int64_t end = begin + rows_per_part < rows ? begin + rows_per_part : rows;
  Partial mine = Partial::zero();
  if (column < cols)
    for (int64_t row = begin + threadIdx.y; row < end; row += kRowThreads) load.add(mine, row, column);
  of_thread[threadIdx.y][threadIdx.x] = mine;
  __syncthreads();
  if (threadIdx.y == 0 && column < cols) {
    for (int i = 1; i < kRowThreads; i++) mine.merge(of_thread[i][threadIdx.x]);
    partials[blockIdx.y * cols + column] = mine;
  }
}

template <class Partial, class Load>
void launch_column_partials(void* stream, Load load, Partial* partials, int64_t rows, int64_t cols, Parts parts) {
  const dim3 grid(unsigned((cols + kColumns - 1) / kColumns), unsigned(parts.count));
  launch(column_partials_kernel<Partial, Load>, grid, dim3(kColumns, kRowThreads), 0, stream, load, partials, rows, cols, parts.rows);
}

// The merged partials of one column.
template <class Partial>
DEV Partial merge_parts(const Partial* partials, int parts, int64_t cols, int64_t column) {
  Partial result = Partial::zero();
  for (int part = 0; part < parts; part++) result.merge(partials[part * cols + column]);
  return result;
}
