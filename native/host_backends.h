// The columns of the dispatch table that are compiled into the addon.
#pragma once

#include "host_device.h"

namespace convolt {

extern const Kernel* const cpu_kernels;
extern const Kernel* const emu_kernels;
extern const HostMemory cpu_memory, emu_memory;

}  // namespace convolt
