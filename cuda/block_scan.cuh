// Running sums over the threads of a block.
#pragma once

#include "device/device.cuh"
#include "grid.cuh"

// The sum of the values of all threads before this one, of kBlock; `total` becomes that of all.
template <class T>
DEV T block_exclusive_scan(T value, T& total) {
  SHARED_ARRAY(T, sums, [2][kBlock]);
  const int thread = threadIdx.x;
  int from = 0;
  sums[from][thread] = value;
  __syncthreads();
  for (int distance = 1; distance < kBlock; distance *= 2, from = 1 - from) {
    sums[1 - from][thread] = sums[from][thread] + (thread >= distance ? sums[from][thread - distance] : T());
    __syncthreads();
  }
  const T before = thread > 0 ? sums[from][thread - 1] : T();
  total = sums[from][kBlock - 1];
  __syncthreads();  // before the next scan writes to sums
  return before;
}
