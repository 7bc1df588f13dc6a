// The dispatch table, and the runtime of one JavaScript environment: its open devices, its tensors, and the
// checks between an op's name and its kernel.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "allocator.h"
#include "recorded_step.h"
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

  // Records what is given to a device from here on instead of running it.
  void begin_recording(int device);
  // The number of what was recorded. Throws std::runtime_error if it cannot be; nothing is recorded any more then, too.
  int32_t end_recording();
  // Ends recording, if it goes on, without a result.
  void abandon_recording() { recording_.reset(); }
  void replay(int32_t recorded);
  void free_recorded(int32_t recorded) { recorded_.erase(recorded); }

  // Throws std::runtime_error for what waits for a device that is recording.
  Device& waitable_device(int number);
  Allocator& allocator(int number) { return at(number).allocator; }
  void trim(int device);
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
  bool is_recording(int device) const { return recording_ && recording_->device_number == device; }
  std::shared_ptr<Storage> allocate(int device, int64_t numel, DType dtype, int creator);
  std::string out_of_memory(OpenDevice& open, size_t bytes, int creator) const;

  std::vector<std::unique_ptr<OpenDevice>> devices_;
  Slots slots_;
  std::map<int32_t, std::unique_ptr<RecordedStep>> recorded_;
  std::unique_ptr<RecordedStep> recording_;  // the one that is under way
  int32_t recordings_made_ = 0;
};

}  // namespace convolt
