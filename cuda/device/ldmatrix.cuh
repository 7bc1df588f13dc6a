// ldmatrix: a warp loads four 8 x 8 matrices of 16-bit elements from shared memory (sm_75 and newer). PTX ISA, "Warp-level
// matrix load instruction: ldmatrix".
//
// Lane l gives the address of row l % 8 of matrix l / 8: 16 bytes, aligned to 16. fragment[i] of lane l is elements
// (l / 4, 2 * (l % 4)) and (l / 4, 2 * (l % 4) + 1) of matrix i; transposed, elements (2 * (l % 4), l / 4) and
// (2 * (l % 4) + 1, l / 4). The first of both is the lower half. Four 32-bit elements a row load as if they were eight of 16 bits.
#pragma once

#include "async_copy.cuh"

#if defined(__CUDACC__)

DEV void ldmatrix_x4(uint32_t (&fragment)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(shared_address(row)));
}

DEV void ldmatrix_x4_transposed(uint32_t (&fragment)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(shared_address(row)));
}

#else

namespace emu {
void ldmatrix(uint32_t* fragment, const void* row, bool transposed, Site site);
}

inline void ldmatrix_x4(uint32_t (&fragment)[4], const void* row, EMU_SITE) { ::emu::ldmatrix(fragment, row, false, {file, line}); }
inline void ldmatrix_x4_transposed(uint32_t (&fragment)[4], const void* row, EMU_SITE) { ::emu::ldmatrix(fragment, row, true, {file, line}); }

#endif
