// mma.sync: products of small matrices by a warp on the tensor cores, summed in float32 (sm_80 and newer). PTX ISA,
// "Warp-level matrix instructions: mma".
//
// mma_m16n8k16 adds a [16,16] b [16,8] of 16-bit elements to d [16,8]. With g = lane / 4 and t = lane % 4, a lane holds
//   a[0] (g, 2t..)   a[1] (g+8, 2t..)   a[2] (g, 2t+8..)   a[3] (g+8, 2t+8..)     two neighbours k, k+1 in each
//   b[0] (2t.., g)   b[1] (2t+8.., g)
//   d[0], d[1] (g, 2t..)   d[2], d[3] (g+8, 2t..)                                one element in each
// mma_m16n8k8 adds a [16,8] b [8,8] of TF32 elements, which are float32 of which the last 13 bits do not count:
//   a[0] (g, t)   a[1] (g+8, t)   a[2] (g, t+4)   a[3] (g+8, t+4);   b[0] (t, g)   b[1] (t+4, g);   d as above
#pragma once

#include "device.cuh"

// Types of operands. Those of 16 bits come two to a register, of neighbours along k.
enum class MmaType { bf16, f16, tf32 };

#if defined(__CUDACC__)

#define MMA(shape_and_types)                                                                                          \
  asm(shape_and_types " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                              \
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])                                                                \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

// m16n8k16 for 16-bit types, m16n8k8 for TF32: 32 bytes of each row of a.
template <MmaType TYPE>
DEV void mma(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  if constexpr (kDeviceArchitecture < 80) __trap();
  else if constexpr (TYPE == MmaType::bf16) MMA("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32");
  else if constexpr (TYPE == MmaType::f16) MMA("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32");
  else MMA("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32");
}
#undef MMA

// The products of MI fragments of a with NI of b.
template <MmaType TYPE, int MI, int NI>
DEV void mma_tile(float (&d)[MI][NI][4], const uint32_t (&a)[MI][4], const uint32_t (&b)[NI][2]) {
  UNROLL
  for (int i = 0; i < MI; i++) {
    UNROLL
    for (int j = 0; j < NI; j++) mma<TYPE>(d[i][j], a[i], b[j]);
  }
}

// A float32 rounded to TF32: the nearest, ties away from zero.
DEV uint32_t to_tf32(uint32_t value) {
  uint32_t rounded = value;
  if constexpr (kDeviceArchitecture >= 80) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(__uint_as_float(value)));
  return rounded;
}

#else

namespace emu {
// d [mi][ni][4], a [mi][4] and b [ni][2] of each lane.
void mma(MmaType type, float* d, const uint32_t* a, const uint32_t* b, int mi, int ni, Site site);
}  // namespace emu

template <MmaType TYPE>
inline void mma(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], EMU_SITE) {
  ::emu::mma(TYPE, d, a, b, 1, 1, {file, line});
}

// One meeting of the lanes for all the products.
template <MmaType TYPE, int MI, int NI>
inline void mma_tile(float (&d)[MI][NI][4], const uint32_t (&a)[MI][4], const uint32_t (&b)[NI][2], EMU_SITE) {
  ::emu::mma(TYPE, &d[0][0][0], &a[0][0], &b[0][0], MI, NI, {file, line});
}

DEV uint32_t to_tf32(uint32_t value) {
  const bool finite = (value & 0x7f800000) != 0x7f800000;
  return finite ? (value + 0x1000) & 0xffffe000 : value;
}

#endif
