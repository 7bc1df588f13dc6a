#define CONVOLT_BACKEND emu
#include "backend_kernels.h"

#include "device/device.cuh"
#include "host_backends.h"

namespace convolt {

#ifdef CONVOLT_CHECKED
constexpr bool kKeepsScratch = false;
#else
constexpr bool kKeepsScratch = true;
#endif

const Kernel* const emu_kernels = emu::kernels;
const HostMemory emu_memory = {::emu::allocate, ::emu::release, ::emu::note_host_access, [] {}, kKeepsScratch};

}  // namespace convolt
