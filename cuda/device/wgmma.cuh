// wgmma: products of matrices in shared memory by a warpgroup, four warps in a row, summed in float32 (sm_90a). PTX ISA,
// "Asynchronous Warpgroup Level Matrix Multiply-Accumulate Instructions".
//
// wgmma adds a [64,16] b [16,N] of 16-bit elements to d [64,N]. With warp w of the four, g = lane / 4 and t = lane % 4, a
// thread holds
//   d[4j], d[4j+1]  (16w + g, 8j + 2t..)     d[4j+2], d[4j+3]  (16w + g + 8, 8j + 2t..)
// An operand lies in rows of 128 bytes, swizzled as tensor_map.cuh has them; eight of them are 1024 bytes, and the next eight
// follow. A tile has 64 elements along k. It is stored in one of two ways ("Canonical layouts", 128B swizzling):
//   k major   a row of 128 bytes is a row of a, or a column of b, along k.
//   mn major  a row of 128 bytes is one k of 64 rows of a, or of 64 columns of b; the next 64 follow behind all of k.
// A descriptor names where the operand begins, in fields of 16 bytes: the start in bits 0 to 13, the distance of the next 64 in
// bits 16 to 29 (mn major only), that of eight rows of 128 bytes from eight in bits 32 to 45, and 1 in bits 62 and 63 for this
// swizzle.
//
// A product runs beside the threads that started it: between wgmma_fence and wgmma_wait nobody touches d, and nobody writes
// what it reads. The threads' own writes to shared memory would need a fence of the proxies before.
#pragma once

#include "mma.cuh"
#include "tensor_map.cuh"

constexpr int kWarpgroup = 128;  // threads
constexpr int kWgmmaRows = 64, kWgmmaDepth = 16;

enum class WgmmaMajor { k, mn };

// Of a tile whose first row begins here; k: elements to begin further on, a multiple of 16 below 64.
template <WgmmaMajor MAJOR = WgmmaMajor::k>
DEV uint64_t wgmma_descriptor(const void* tile, int k = 0);

#if defined(__CUDACC__)

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
constexpr bool kHasWgmma = true;
#else
constexpr bool kHasWgmma = false;
#endif

DEV unsigned wgmma_address(const void* tile) { return shared_address(tile); }

// Before the products of a group: what the threads did with d before comes first. Without it ptxas puts the products in a row.
template <int N>
DEV void wgmma_fence(float (&)[N]) {
  if constexpr (kHasWgmma) asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

// Makes a group of the products since the last call.
DEV void wgmma_commit() {
  if constexpr (kHasWgmma) asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most GROUPS groups are under way. d is settled where that is none.
template <int GROUPS, int N>
DEV void wgmma_wait(float (&d)[N]) {
  if constexpr (kHasWgmma) asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(GROUPS) : "memory");
  if constexpr (GROUPS == 0) {
    UNROLL
    for (int i = 0; i < N; i++) asm volatile("" : "+f"(d[i])::"memory");
  }
}

#define D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define D16(i) D4(i), D4(i + 4), D4(i + 8), D4(i + 12)
#define WGMMA_64(types)                                                                                               \
  asm volatile(                                                                                                       \
      "{\n"                                                                                                           \
      ".reg .pred adds;\n"                                                                                            \
      "setp.ne.b32 adds, %34, 0;\n"                                                                                   \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." types                                                             \
      " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "   \
      "%23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, adds, 1, 1, %35, %36;\n"                               \
      "}"                                                                                                             \
      : D16(0), D16(16)                                                                                               \
      : "l"(a), "l"(b), "r"(int(adds)), "n"(int(A == WgmmaMajor::mn)), "n"(int(B == WgmmaMajor::mn)))
#define WGMMA_128(types)                                                                                              \
  asm volatile(                                                                                                       \
      "{\n"                                                                                                           \
      ".reg .pred adds;\n"                                                                                            \
      "setp.ne.b32 adds, %66, 0;\n"                                                                                   \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." types                                                            \
      " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, "   \
      "%23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, "     \
      "%44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "         \
      "%64, %65, adds, 1, 1, %67, %68;\n"                                                                             \
      "}"                                                                                                             \
      : D16(0), D16(16), D16(32), D16(48)                                                                             \
      : "l"(a), "l"(b), "r"(int(adds)), "n"(int(A == WgmmaMajor::mn)), "n"(int(B == WgmmaMajor::mn)))

// d = a b, plus d if it adds. a, b: descriptors of operands that are stored as A and B say.
template <MmaType TYPE, WgmmaMajor A = WgmmaMajor::k, WgmmaMajor B = WgmmaMajor::k>
DEV void wgmma(float (&d)[32], uint64_t a, uint64_t b, bool adds) {
  static_assert(TYPE != MmaType::tf32);
  if constexpr (!kHasWgmma) __trap();
  else if constexpr (TYPE == MmaType::bf16) WGMMA_64("bf16.bf16");
  else WGMMA_64("f16.f16");
}
template <MmaType TYPE, WgmmaMajor A = WgmmaMajor::k, WgmmaMajor B = WgmmaMajor::k>
DEV void wgmma(float (&d)[64], uint64_t a, uint64_t b, bool adds) {
  static_assert(TYPE != MmaType::tf32);
  if constexpr (!kHasWgmma) __trap();
  else if constexpr (TYPE == MmaType::bf16) WGMMA_128("bf16.bf16");
  else WGMMA_128("f16.f16");
}
#undef WGMMA_128
#undef WGMMA_64
#undef D16
#undef D4

#else

namespace emu {
struct WgmmaOperand {
  uint64_t descriptor;
  WgmmaMajor major;
  bool operator==(const WgmmaOperand&) const = default;
};
void wgmma_fence(float* d);
void wgmma_commit();
void wgmma_wait(int groups);
// d: n / 2 sums of each thread.
void wgmma(MmaType type, int n, float* d, WgmmaOperand a, WgmmaOperand b, bool adds, Site site);
}  // namespace emu

DEV unsigned wgmma_address(const void* tile) { return ::emu::shared_offset(tile); }

template <int N>
inline void wgmma_fence(float (&d)[N]) {
  ::emu::wgmma_fence(d);
}
inline void wgmma_commit() { ::emu::wgmma_commit(); }
template <int GROUPS, int N>
inline void wgmma_wait(float (&)[N]) {
  ::emu::wgmma_wait(GROUPS);
}
template <MmaType TYPE, WgmmaMajor A = WgmmaMajor::k, WgmmaMajor B = WgmmaMajor::k, int SUMS>
inline void wgmma(float (&d)[SUMS], uint64_t a, uint64_t b, bool adds, EMU_SITE) {
  ::emu::wgmma(TYPE, 2 * SUMS, d, {a, A}, {b, B}, adds, {file, line});
}

#endif

template <WgmmaMajor MAJOR>
DEV uint64_t wgmma_descriptor(const void* tile, int k) {
  constexpr bool by_k = MAJOR == WgmmaMajor::k;
  constexpr uint64_t field = 0x3ffff, next_64 = by_k ? 0 : 64 * kSwizzledRow, eight_rows = 8 * kSwizzledRow, swizzle_of_128_bytes = 1;
  const uint64_t start = wgmma_address(tile) + unsigned(k) * (by_k ? 2 : kSwizzledRow);
  return (start & field) >> 4 | (next_64 >> 4) << 16 | (eight_rows >> 4) << 32 | swizzle_of_128_bytes << 62;
}
