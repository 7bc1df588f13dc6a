// mbarrier: a barrier in shared memory that counts arrivals and bytes that copies bring (sm_90 and newer). PTX ISA, "Parallel
// Synchronization and Communication Instructions: mbarrier".
//
// A phase ends when as many threads have arrived as the barrier was made for, and all bytes announced have come. Phases are
// told apart by their parity: the first is 0, and a wait for parity 1 passes at once on a new barrier.
#pragma once

#include "async_copy.cuh"

struct alignas(8) Mbarrier {
  uint64_t state;
};

#if defined(__CUDACC__)

// By one thread; a fence and a barrier of the block come before the first use.
DEV void mbarrier_init(Mbarrier* barrier, int arrivals) {
  if constexpr (kDeviceArchitecture >= 90)
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
  else __trap();
}

// Makes new barriers known to the copies of the asynchronous proxy.
DEV void mbarrier_init_fence() {
  if constexpr (kDeviceArchitecture >= 90) asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

DEV void mbarrier_arrive(Mbarrier* barrier) {
  if constexpr (kDeviceArchitecture >= 90)
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}

// Arrives, and announces bytes which copies bring in this phase.
DEV void mbarrier_arrive_expect(Mbarrier* barrier, int bytes) {
  if constexpr (kDeviceArchitecture >= 90)
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes) : "memory");
}

// Waits until the phase of this parity has ended; everything before its arrivals, and its copies, are then seen.
DEV void mbarrier_wait(Mbarrier* barrier, int parity) {
  if constexpr (kDeviceArchitecture >= 90) {
    asm volatile(
        "{\n"
        ".reg .pred ended;\n"
        "AGAIN:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 ended, [%0], %1;\n"
        "@ended bra ENDED;\n"
        "bra AGAIN;\n"
        "ENDED:\n"
        "}" ::"r"(shared_address(barrier)),
        "r"(parity)
        : "memory");
  }
}

#else

namespace emu {
void mbarrier_init(Mbarrier* barrier, int arrivals);
void mbarrier_arrive(Mbarrier* barrier, int bytes);
void mbarrier_wait(Mbarrier* barrier, int parity, Site site);

// One run of bytes in shared memory that a copy fills.
struct BulkPiece {
  unsigned char* target;
  unsigned char bytes[16];
};
// Starts a copy that brings its bytes at some time before the end of the barrier's phase: until then the targets hold NaN.
void bulk_copy(Mbarrier* barrier, const BulkPiece* pieces, int count, const char* what);
}  // namespace emu

inline void mbarrier_init(Mbarrier* barrier, int arrivals) { ::emu::mbarrier_init(barrier, arrivals); }
inline void mbarrier_init_fence() {}
inline void mbarrier_arrive(Mbarrier* barrier) { ::emu::mbarrier_arrive(barrier, 0); }
inline void mbarrier_arrive_expect(Mbarrier* barrier, int bytes) { ::emu::mbarrier_arrive(barrier, bytes); }
inline void mbarrier_wait(Mbarrier* barrier, int parity, EMU_SITE) { ::emu::mbarrier_wait(barrier, parity, {file, line}); }

#endif
