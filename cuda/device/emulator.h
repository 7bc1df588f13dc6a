// The CUDA language for a host compiler: enough of it for convolt's kernels to compile with g++ or clang++.
// nvcc never sees this file (see device.cuh).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "runtime.h"

// ---- keywords ----

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(bytes) __attribute__((aligned(bytes)))

// Shared memory: an object of the block, poisoned before each block, with its surroundings guarded.
#define SHARED_ARRAY(T, name, extents)                 \
  typedef T name##_type extents;                       \
  static const char name##_key = 0;                    \
  name##_type& name = *static_cast<name##_type*>(::emu::shared_variable(&name##_key, sizeof(name##_type)))
#define DYNAMIC_SHARED_1024(name) DYNAMIC_SHARED(name)
#define DYNAMIC_SHARED(name) unsigned char* const name = static_cast<unsigned char*>(::emu::dynamic_shared())

// Lanes hand their values over inside a collective: no access of a kernel's, so none that a race checker may see.
#define EMU_UNCHECKED __attribute__((no_sanitize("thread")))
#define EMU_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

// ---- built-in types and variables ----

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct __align__(8) float2 {
  float x, y;
};
struct __align__(16) float4 {
  float x, y, z, w;
};
struct __align__(16) int4 {
  int x, y, z, w;
};
struct __align__(16) uint4 {
  unsigned x, y, z, w;
};
struct __align__(4) uchar4 {
  unsigned char x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w) { return {x, y, z, w}; }

// Initial-exec: no call on each use. A fiber never changes its host thread, so the compiler may cache the address.
#define EMU_THREAD_LOCAL __thread __attribute__((tls_model("initial-exec")))
extern EMU_THREAD_LOCAL uint3 threadIdx, blockIdx;
extern EMU_THREAD_LOCAL dim3 blockDim_, gridDim_;
#define blockDim blockDim_
#define gridDim gridDim_
constexpr int warpSize = 32;

// ---- launch ----

template <class T>
struct unchanged {
  using type = T;
};

template <class... Params>
void launch(void (*kernel)(Params...), dim3 grid, dim3 block, size_t shared_bytes, void* /*stream*/,
            typename unchanged<Params>::type... arguments) {
  struct Call {
    void (*kernel)(Params...);
    std::tuple<Params...> arguments;
  } call{kernel, {arguments...}};
  auto body = [](void* p) {
    auto* c = static_cast<Call*>(p);
    std::apply(c->kernel, c->arguments);
  };
  ::emu::run_grid({grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, shared_bytes, body, &call, __PRETTY_FUNCTION__);
}

constexpr bool kEmulated = true;

// Few, so that a block that goes from tile to tile has several.
inline int multiprocessors() { return 2; }

// What kernels choose their way by; the instructions of 9.0 are emulated as well, for those that ask for them.
inline int compute_capability() { return 80; }

// ---- synchronisation ----

inline void __syncthreads(EMU_SITE) { ::emu::barrier("__syncthreads", {file, line}); }

EMU_UNCHECKED inline int __syncthreads_count(int predicate, EMU_SITE) {
  int value = predicate != 0;
  auto sum = [](void** threads, int count) EMU_UNCHECKED {
    int total = 0;
    for (int i = 0; i < count; i++) total += *static_cast<int*>(threads[i]);
    for (int i = 0; i < count; i++) *static_cast<int*>(threads[i]) = total;
  };
  ::emu::barrier("__syncthreads_count", {file, line}, sum, &value);
  return value;
}

inline void __syncwarp(unsigned mask = ~0u, EMU_SITE) {
  int nothing = 0;
  ::emu::collective(mask, [](void**, unsigned) {}, &nothing, true, "__syncwarp", {file, line});
}

// ---- warp shuffles and votes ----

namespace emu {

template <class T>
struct Shuffle {
  T mine, received;
  int source;  // lane, or -1 for its own value
};

template <class T>
EMU_UNCHECKED inline T shuffle(unsigned mask, T value, int source, Site site) {
  Shuffle<T> slot{value, value, source};
  auto exchange = [](void** lanes, unsigned present) EMU_UNCHECKED {
    for (int lane = 0; lane < 32; lane++) {
      auto* slot = static_cast<Shuffle<T>*>(lanes[lane]);
      if (!slot || slot->source < 0) continue;
      if (!(present >> slot->source & 1) || !lanes[slot->source])
        error("shuffle: lane %d reads lane %d, which takes no part (mask %08x)", lane, slot->source, present);
      slot->received = static_cast<Shuffle<T>*>(lanes[slot->source])->mine;
    }
  };
  collective(mask, exchange, &slot, false, "__shfl_sync", site);
  return slot.received;
}

EMU_UNCHECKED inline unsigned ballot(unsigned mask, int predicate, Site site) {
  struct Vote {
    int predicate;
    unsigned result;
  } vote{predicate, 0};
  auto count = [](void** lanes, unsigned) EMU_UNCHECKED {
    unsigned result = 0;
    for (int lane = 0; lane < 32; lane++)
      if (lanes[lane] && static_cast<Vote*>(lanes[lane])->predicate) result |= 1u << lane;
    for (int lane = 0; lane < 32; lane++)
      if (lanes[lane]) static_cast<Vote*>(lanes[lane])->result = result;
  };
  collective(mask, count, &vote, false, "__ballot_sync", site);
  return vote.result;
}

}  // namespace emu

template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMU_SITE) {
  int lane = int(::emu::lane());
  return ::emu::shuffle(mask, value, (lane & ~(width - 1)) + (source & (width - 1)), {file, line});
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, EMU_SITE) {
  int lane = int(::emu::lane()), source = lane ^ lane_mask;
  return ::emu::shuffle(mask, value, source >= (lane & ~(width - 1)) + width ? -1 : source, {file, line});
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, EMU_SITE) {
  int lane = int(::emu::lane()), source = lane + int(delta);
  return ::emu::shuffle(mask, value, source >= (lane & ~(width - 1)) + width ? -1 : source, {file, line});
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMU_SITE) {
  int lane = int(::emu::lane()), source = lane - int(delta);
  return ::emu::shuffle(mask, value, source < (lane & ~(width - 1)) ? -1 : source, {file, line});
}
inline unsigned __ballot_sync(unsigned mask, int predicate, EMU_SITE) { return ::emu::ballot(mask, predicate, {file, line}); }
inline int __any_sync(unsigned mask, int predicate, EMU_SITE) { return ::emu::ballot(mask, predicate, {file, line}) != 0; }

// ---- atomics: real ones, since blocks run on several host threads ----

inline int atomicAdd(int* target, int value) { return __atomic_fetch_add(target, value, __ATOMIC_RELAXED); }
inline unsigned atomicAdd(unsigned* target, unsigned value) { return __atomic_fetch_add(target, value, __ATOMIC_RELAXED); }
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// ---- arithmetic ----

using std::isfinite;
using std::isinf;
using std::isnan;
using std::max;
using std::min;
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned(uint64_t(a) * b >> 32); }
template <class T>
inline T __ldg(const T* source) {
  return *source;
}
