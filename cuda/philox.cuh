// Philox 4x32-10, a counter-based random generator (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). native/cpu/philox.h and lib/core/random.ts give the same bits.
#pragma once

#include "device/device.cuh"

struct PhiloxWords {
  uint32_t word[4];
};

DEV PhiloxWords philox(uint64_t counter, uint32_t key0, uint32_t key1) {
  uint32_t c0 = uint32_t(counter), c1 = uint32_t(counter >> 32), c2 = 0, c3 = 0;
  for (int round = 0; round < 10; round++) {
    const uint32_t high0 = __umulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
    const uint32_t high1 = __umulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ key0;
    c1 = low1;
    c2 = high0 ^ c3 ^ key1;
    c3 = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}
