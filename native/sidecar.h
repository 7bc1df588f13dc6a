// The CUDA backend lives in libconvolt_cuda.so beside the addon, so that the addon runs without it. This is
// the only symbol between the two.
#pragma once

#include <string>
#include <vector>

#include "device.h"

namespace convolt {

struct CudaDeviceInfo {
  std::string name;
  int major, minor;  // compute capability
  int multiprocessors;
  size_t memory;  // bytes
};

struct Sidecar {
  const char* version;       // of convolt; the addon refuses another
  const char* toolkit;       // that compiled the kernels, e.g. "13.0"
  const char* architectures; // of the kernels, as CMake has them
  const Kernel* kernels;
  // The devices that can be used. If there are none, `reason` says why in one sentence.
  std::vector<CudaDeviceInfo> (*devices)(std::string& reason, int& driver);
  std::unique_ptr<Device> (*open)(int ordinal);
};

// Loads the sidecar once. nullptr if it is not there or not usable; `reason` then says why.
const Sidecar* load_sidecar(std::string& reason);

}  // namespace convolt

extern "C" const convolt::Sidecar* convolt_sidecar();
