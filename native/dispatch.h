// The dispatch table, and the runtime of one JavaScript environment: its open devices, its tensors, and the
// checks between an op's name and its kernel.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "allocator.h"
#include "signature.h"
#include "slots.h"

namespace convolt {

enum class Backend { cpu, emu, cuda };

class Runtime {
 public:
  // A number for the device in later calls. Throws std::runtime_error when it is not there.
  int open(Backend backend, int ordinal);

  // Runs op number `op`. words: [handles of the inputs, 0 for an absent one][parameters]; on return its
  // first words hold the handles of the outputs. Throws std::runtime_error and then has run nothing.
  void run(int op, int device, int32_t* words, size_t word_count);

  int32_t create(int device, DType dtype, const void* data, int64_t numel);
  void write(int32_t handle, const void* data, size_t bytes);
  int32_t view(int32_t handle, int64_t offset, int64_t numel);
  void free(int32_t handle);
  const Slot& slot(int32_t handle) const { return slots_.at(handle); }

  Device& device(int number) { return *at(number).device; }
  Allocator& allocator(int number) { return at(number).allocator; }
  size_t live() const { return slots_.live(); }

 private:
  struct OpenDevice {
    Backend backend;
    int ordinal;
    std::unique_ptr<Device> device;
    const Kernel* kernels;
    Allocator allocator;
  };

  OpenDevice& at(int number);
  std::shared_ptr<Storage> allocate(int device, int64_t numel, DType dtype, int creator);
  std::string out_of_memory(OpenDevice& open, size_t bytes, int creator) const;

  std::vector<std::unique_ptr<OpenDevice>> devices_;
  Slots slots_;
};

}  // namespace convolt
