// Loops over cores and vector units.
#pragma once

#include <cstdint>

// Compiled for several instruction sets, of which the machine's best runs. Resolvers of such functions run
// before AddressSanitizer is ready, so a checked build has one version.
#if defined(__x86_64__) && !defined(CONVOLT_CHECKED)
#define VECTORIZED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VECTORIZED
#endif

namespace convolt::cpu {

// Calls body(begin, end) for consecutive ranges of [0, n), on all cores if there are at least `grain` items for
// each of two. How the ranges are cut must not matter to the result.
template <class Body>
void parallel_for(int64_t n, int64_t grain, const Body& body) {
  if (n < 2 * grain) {
    if (n > 0) body(int64_t(0), n);
    return;
  }
  const int64_t chunks = n / grain < 64 ? n / grain : 64;
#pragma omp parallel for schedule(static)
  for (int64_t chunk = 0; chunk < chunks; chunk++) body(chunk * n / chunks, (chunk + 1) * n / chunks);
}

constexpr int64_t kElementGrain = 16384;  // elements of simple arithmetic that are worth another core

}  // namespace convolt::cpu
