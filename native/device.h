// A device as one JavaScript environment (the main thread or a worker) sees it: memory, and one ordered
// stream of commands. Commands are given on the environment's thread and return before they have run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "abi.h"

namespace convolt {

using Kernel = void (*)(Context&, Bufs in, Bufs out, const void* params);

constexpr size_t kMostInputs = 9, kMostOutputs = 4, kMostParamWords = 32;

// One op call, copied into the stream.
struct Command {
  const char* name = nullptr;
  Kernel kernel = nullptr;
  Buf in[kMostInputs], out[kMostOutputs];
  size_t inputs = 0, outputs = 0;
  int32_t params[kMostParamWords];
};

// The bytes of a finished download, or why there are none. `bytes` stays valid while it exists.
struct Download {
  const void* bytes = nullptr;
  size_t size = 0;
  std::string error;
  std::shared_ptr<void> owner;
};

// Commands that a device keeps to run them again and again. It ends before its device.
class Recording {
 public:
  virtual ~Recording() = default;
};

class Device {
 public:
  virtual ~Device() = default;

  // Memory for commands given from now on; nullptr if the device has none left.
  virtual void* allocate(size_t bytes) = 0;
  // Gives memory back once the commands given so far have run.
  virtual void release(void* block) = 0;
  // The same for memory that it keeps of its own, to be faster.
  virtual void trim() {}

  virtual void run(const Command& command) = 0;
  // Copies `bytes` before it returns, and into `target` in the stream's order.
  virtual void upload(void* target, const void* bytes, size_t size) = 0;
  // Calls `done` on a thread of the device's choosing when the commands given so far have run.
  virtual void download(const void* source, size_t size, std::function<void(Download)> done) = 0;
  // Blocks until all commands given so far have run.
  virtual void synchronize() = 0;

  // From here on run() and upload() keep what they are given, and nothing of it runs. Until end_recording() come no
  // download() and no synchronize().
  virtual void begin_recording() = 0;
  // What was kept. Throws std::runtime_error if some of it cannot be recorded; recording has ended then, too.
  virtual std::unique_ptr<Recording> end_recording() = 0;
  // Runs all of it in the stream's order.
  virtual void replay(const Recording& recording) = 0;

  // Notes the moment at which the commands given so far have run.
  virtual void mark() = 0;
  // The milliseconds from each mark to the next, and forgets all of them. The stream has to have got to the last.
  virtual std::vector<double> intervals() = 0;

  // What went wrong in an earlier command, or empty. Once set it stays.
  virtual std::string error() = 0;
};

}  // namespace convolt
