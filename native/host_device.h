// The devices that run on the host, `cpu` and `emu`: one native thread with a bounded queue of commands.
#pragma once

#include "device.h"

namespace convolt {

// How a host backend gets device memory; the emulator's is checked to the byte.
struct HostMemory {
  void* (*allocate)(size_t bytes);
  void (*release)(void* block);
  void (*note_host_access)(const void* block, size_t bytes, bool write);
  void (*trim)();  // gives back what ops keep from call to call, on the device's thread
  bool keeps_scratch;  // false: every op's scratch is allocated and released to the byte, for the checkers
};

std::unique_ptr<Device> open_host_device(const HostMemory& memory);

}  // namespace convolt
