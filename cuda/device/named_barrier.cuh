// Named barriers: where some of a block's warps wait for each other. PTX ISA, "Parallel Synchronization and Communication
// Instructions: bar".
#pragma once

#include "device.cuh"

#if defined(__CUDACC__)

// Waits until so many threads, whole warps, have come to the barrier of this number, 1 to 15: 0 is __syncthreads. What they did
// before is seen by all of them.
DEV void named_barrier(int number, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(number), "r"(threads) : "memory"); }

#else

namespace emu {
void named_barrier(int number, int threads, Site site);
}  // namespace emu

inline void named_barrier(int number, int threads, EMU_SITE) { ::emu::named_barrier(number, threads, {file, line}); }

#endif
