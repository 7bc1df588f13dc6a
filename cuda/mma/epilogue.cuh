// What becomes of the sums of a product: y = f(sums + bias + residual), each of the last three where it is wanted.
#pragma once

#include "conv_activation.h"
#include "element.h"
#include "grid.cuh"
#include "moments.cuh"

namespace convolt::CONVOLT_BACKEND {

// The moments of each column of y in each tile of rows, for a batch normalisation behind it.
struct TileMoments {
  Moments* data = nullptr;  // [tiles,columns], or none
  int64_t tiles = 0;
  int columns = 0;
};

template <class T>
struct Epilogue {
  T* y;
  const T* bias = nullptr;      // one for each column, or none
  const T* residual = nullptr;  // like y, or none
  ConvActivation activation = ConvActivation::none;
  bool vectors = false;      // columns come in eights, and y and residual are aligned to 16 bytes
  TileMoments moments = {};  // written where there is data, without residual and activation

  static constexpr int kVector = 8;

  DEV float finished(float sum, int64_t place, int column) const {
    if (bias) sum += widen(bias[column]);
    if (residual) sum += widen(residual[place]);
    return activated(sum, activation);
  }

  // Eight neighbouring sums of a row, of which `count` are inside of y, whose first is y[place].
  DEV void write(const float (&sums)[kVector], int64_t place, int column, int count) const {
    if (vectors) return write_vector(sums, place, column);
    UNROLL
    for (int e = 0; e < kVector; e++)
      if (e < count) y[place + e] = narrow<T>(finished(sums[e], place + e, column + e));
  }

 private:
  static constexpr int kWords = kVector * int(sizeof(T)) / int(sizeof(uint4));

  DEV void write_vector(const float (&sums)[kVector], int64_t place, int column) const {
    T others[kVector] = {}, results[kVector];
    if (residual) load_vector(others, residual + place);
    UNROLL
    for (int e = 0; e < kVector; e++) {
      const float sum = sums[e] + (bias ? widen(bias[column + e]) : 0.0f) + widen(others[e]);
      results[e] = narrow<T>(activated(sum, activation));
    }
    store_vector(y + place, results);
  }

  static DEV void load_vector(T (&values)[kVector], const T* source) {
    uint4 words[kWords];
    UNROLL
    for (int i = 0; i < kWords; i++) words[i] = reinterpret_cast<const uint4*>(source)[i];
    memcpy(values, words, sizeof words);
  }

  static DEV void store_vector(T* target, const T (&values)[kVector]) {
    uint4 words[kWords];
    memcpy(words, values, sizeof words);
    UNROLL
    for (int i = 0; i < kWords; i++) reinterpret_cast<uint4*>(target)[i] = words[i];
  }
};

// Eight neighbouring sums that a block has laid out in shared memory. Eight lanes read at once: every second four of them
// their halves in the other order, to meet in no bank.
DEV void load_staged(float (&values)[8], const float* staged) {
  const auto* halves = reinterpret_cast<const float4*>(staged);
  const int other = threadIdx.x / 4 % 2;
  const float4 mine = halves[other], next = halves[1 - other], low = other ? next : mine, high = other ? mine : next;
  values[0] = low.x, values[1] = low.y, values[2] = low.z, values[3] = low.w;
  values[4] = high.x, values[5] = high.y, values[6] = high.z, values[7] = high.w;
}

// Writes the moments of the columns from `first` on, and below `end`, of `rows` rows that a block of THREADS has laid out in
// shared memory as [ROWS][PITCH]: of the numbers that y holds, so with the bias and after rounding. Overwrites what is laid out.
template <class T, int ROWS, int COLUMNS, int PITCH, int THREADS>
DEV void write_moments(float* staged, int rows, int first, int end, const T* bias, Moments* of_columns) {
  constexpr int parts = THREADS / COLUMNS, part_rows = ROWS / parts;
  static_assert(parts * COLUMNS == THREADS && parts * part_rows == ROWS && sizeof(Moments) * THREADS <= sizeof(float) * ROWS * PITCH);
  const int column = int(threadIdx.x) % COLUMNS, begin = int(threadIdx.x) / COLUMNS * part_rows, last = begin + part_rows;
  const float added = bias && first + column < end ? widen(bias[first + column]) : 0.0f;
  Moments mine = moments_of(begin, last < rows ? last : rows, 1, [&](int row) { return widen(narrow<T>(staged[row * PITCH + column] + added)); });
  __syncthreads();
  auto* of_thread = reinterpret_cast<Moments*>(staged);
  of_thread[threadIdx.x] = mine;
  __syncthreads();
  if (begin > 0 || first + column >= end) return;
  for (int part = 1; part < parts; part++) mine.merge(of_thread[part * COLUMNS + column]);
  of_columns[first + column] = mine;
}

// Products side by side, on slices of the same tensors: the distances from one's first element to the next's, and of y's rows.
// The bias has its numbers for one product behind those for another.
struct Slices {
  int count = 1;
  int64_t a = 0, b = 0, y = 0;
  int64_t y_row = 0;
};

// The sums of each split are [m,n] in partials [slices,splits,m,n]; they are added in their order. A row of blocks has a slice.
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_split_sums_kernel(const float* __restrict__ partials, int splits, int64_t each, int n, Slices slices, Epilogue<T> epilogue) {
  const int64_t slice = blockIdx.y;
  partials += slice * splits * each;
  for (int64_t i = first_element(); i < each; i += grid_threads()) {
    float sum = 0;
    for (int split = 0; split < splits; split++) sum += partials[split * each + i];
    const int64_t row = i / n, column = i % n, place = slice * slices.y + row * slices.y_row + column;
    epilogue.y[place] = narrow<T>(epilogue.finished(sum, place, int(slice * n + column)));
  }
}

}  // namespace convolt::CONVOLT_BACKEND
