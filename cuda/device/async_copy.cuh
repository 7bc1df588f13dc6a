// cp.async: copies from global to shared memory that run beside the thread that started them (sm_80 and newer). PTX ISA,
// "Data Movement and Conversion Instructions: Non-bulk copy".
#pragma once

#include "device.cuh"

#if defined(__CUDACC__)

DEV unsigned shared_address(const void* pointer) { return unsigned(__cvta_generic_to_shared(pointer)); }

// Starts a copy of 16 bytes, both ends aligned to 16, past the L1 cache. valid: false reads nothing and writes zeros.
DEV void cp_async_16(void* target, const void* source, bool valid) {
  if constexpr (kDeviceArchitecture >= 80)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(target)), "l"(source), "r"(valid ? 16 : 0) : "memory");
  else __trap();
}

// Makes a group of the calling thread's copies since the last call.
DEV void cp_async_commit() {
  if constexpr (kDeviceArchitecture >= 80) asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits until at most GROUPS of the calling thread's groups are on their way. Other threads see the copies after a barrier.
template <int GROUPS>
DEV void cp_async_wait() {
  if constexpr (kDeviceArchitecture >= 80) asm volatile("cp.async.wait_group %0;" ::"n"(GROUPS) : "memory");
}

#else

DEV void cp_async_16(void* target, const void* source, bool valid) { ::emu::async_copy(target, source, valid ? 16 : 0, "cp_async_16"); }
DEV void cp_async_commit() { ::emu::async_commit(); }
template <int GROUPS>
DEV void cp_async_wait() {
  ::emu::async_wait(GROUPS);
}

#endif
