// A recording with all of the memory that its commands use: blocks of its own, and tensors from elsewhere, which it
// keeps alive. Whatever JavaScript frees meanwhile, a replay touches nothing that has another use.
#pragma once

#include <memory>
#include <set>

#include "allocator.h"
#include "slots.h"

namespace convolt {

class RecordedStep {
 public:
  // Begins to record on a device.
  RecordedStep(int device_number, Device& device, Allocator& allocator)
      : device_number(device_number), device_(device), allocator_(allocator), pool_(std::make_shared<BlockPool>()) {
    device_.begin_recording();
    is_recording_ = true;
  }

  ~RecordedStep() {
    if (is_recording_) abandon();
    commands_.reset();
    used_.clear();
    allocator_.dissolve(*pool_);
  }

  RecordedStep(const RecordedStep&) = delete;
  RecordedStep& operator=(const RecordedStep&) = delete;

  // Notes that a command uses a tensor.
  void use(const std::shared_ptr<Storage>& storage) {
    if (storage->pool.lock() != pool_) used_.insert(storage);
  }

  // Throws std::runtime_error if the commands cannot be recorded.
  void end() {
    is_recording_ = false;
    commands_ = device_.end_recording();
  }

  void replay() { device_.replay(*commands_); }

  const std::shared_ptr<BlockPool>& pool() const { return pool_; }

  const int device_number;

 private:
  void abandon() noexcept {
    try {
      device_.end_recording();
    } catch (const std::exception&) {
      // What could not be recorded is thrown away all the same.
    }
  }

  Device& device_;
  Allocator& allocator_;
  std::shared_ptr<BlockPool> pool_;
  std::set<std::shared_ptr<Storage>> used_;  // of other origin
  std::unique_ptr<Recording> commands_;
  bool is_recording_ = false;
};

}  // namespace convolt
