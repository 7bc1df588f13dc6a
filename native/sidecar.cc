#include "sidecar.h"

#include <dlfcn.h>

#include <cstring>
#include <mutex>

namespace convolt {
namespace {

std::string folder_of_this_library() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&load_sidecar), &info)) return ".";
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

const Sidecar* open_sidecar(std::string& reason) {
  std::string path = folder_of_this_library() + "/libconvolt_cuda.so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* error = dlerror();
    bool absent = std::strstr(error, "No such file") != nullptr;
    reason = absent ? "this build has no CUDA kernels (libconvolt_cuda.so is not beside convolt.node)"
                    : "libconvolt_cuda.so cannot be loaded: " + std::string(error);
    return nullptr;
  }
  auto entry = reinterpret_cast<decltype(&convolt_sidecar)>(dlsym(library, "convolt_sidecar"));
  const Sidecar* sidecar = entry ? entry() : nullptr;
  if (!sidecar || std::strcmp(sidecar->version, CONVOLT_VERSION) != 0) {
    reason = "libconvolt_cuda.so is of another version than convolt " CONVOLT_VERSION;
    return nullptr;
  }
  return sidecar;
}

}  // namespace

const Sidecar* load_sidecar(std::string& reason) {
  static std::mutex mutex;
  static bool tried = false;
  static const Sidecar* sidecar = nullptr;
  static std::string why_not;
  std::lock_guard lock(mutex);
  if (!tried) sidecar = open_sidecar(why_not);
  tried = true;
  reason = why_not;
  return sidecar;
}

}  // namespace convolt
