#define CONVOLT_BACKEND cpu
#include "backend_kernels.h"

#include <cstdlib>

#include "host_backends.h"

namespace convolt {
namespace {

void* allocate(size_t bytes) { return std::aligned_alloc(256, (bytes + 255) / 256 * 256); }
void ignore_access(const void*, size_t, bool) {}

}  // namespace

const Kernel* const cpu_kernels = cpu::kernels;
const HostMemory cpu_memory = {allocate, std::free, ignore_access, true};

}  // namespace convolt
