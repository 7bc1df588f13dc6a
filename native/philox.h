// Philox 4x32-10, a counter-based random generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011). lib/core/random.ts gives the same bits.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include <cstdint>

#include "half.h"

namespace convolt::CONVOLT_BACKEND {

struct PhiloxWords {
  uint32_t word[4];
};

HOST_DEVICE PhiloxWords philox(uint64_t counter, uint32_t key0, uint32_t key1) {
  uint32_t c0 = uint32_t(counter), c1 = uint32_t(counter >> 32), c2 = 0, c3 = 0;
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = uint64_t(0xD2511F53u) * c0, product1 = uint64_t(0xCD9E8D57u) * c2;
    c0 = uint32_t(product1 >> 32) ^ c1 ^ key0;
    c1 = uint32_t(product1);
    c2 = uint32_t(product0 >> 32) ^ c3 ^ key1;
    c3 = uint32_t(product0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// A random state in device memory: {seed low, seed high, counter low, counter high}.
HOST_DEVICE uint64_t counter_of(const uint32_t* random) { return uint64_t(random[3]) << 32 | random[2]; }

HOST_DEVICE void advance(uint32_t* random, uint64_t blocks) {
  const uint64_t counter = counter_of(random) + blocks;
  random[2] = uint32_t(counter);
  random[3] = uint32_t(counter >> 32);
}

}  // namespace convolt::CONVOLT_BACKEND
