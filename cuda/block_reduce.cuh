// Sums over the threads of a block, in an order that depends on the block's size alone.
#pragma once

#include "device/device.cuh"

struct AddValues {
  DEV float operator()(float a, float b) const { return a + b; }
};
struct MaxValue {
  DEV float operator()(float a, float b) const { return fmaxf(a, b); }
};

// Combines the values of 256 threads; every thread gets the result. Its barriers order shared memory, too.
template <class Combine>
DEV float block_reduce(float value, Combine combine) {
  SHARED_ARRAY(float, partial, [256]);
  const int thread = threadIdx.x;
  partial[thread] = value;
  for (int half = 128; half > 0; half /= 2) {
    __syncthreads();
    if (thread < half) partial[thread] = combine(partial[thread], partial[thread + half]);
  }
  __syncthreads();
  const float result = partial[0];
  __syncthreads();  // before the next reduction writes to partial
  return result;
}
