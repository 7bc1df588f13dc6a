// Grid sizes of kernels with one thread, or a few elements, for each output element.
#pragma once

#include "device/device.cuh"

constexpr int kBlock = 256;

// Enough blocks for one thread to each element, up to what fills any GPU several times over: kernels walk on
// by the size of the grid.
inline unsigned blocks_for(int64_t elements) {
  constexpr int64_t most = 65536;
  int64_t blocks = (elements + kBlock - 1) / kBlock;
  return unsigned(blocks < 1 ? 1 : blocks > most ? most : blocks);
}

// The elements that this thread handles: for (int64_t i = first_element(); i < n; i += grid_threads()).
DEV int64_t first_element() { return int64_t(blockIdx.x) * blockDim.x + threadIdx.x; }
DEV int64_t grid_threads() { return int64_t(gridDim.x) * blockDim.x; }
