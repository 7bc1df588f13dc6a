// Caching allocator of one device. A freed block is handed out again at once: its next use comes later in
// the same stream than its last, so nothing has to wait.
#pragma once

#include <map>
#include <vector>

#include "device.h"

namespace convolt {

struct MemoryUse {
  size_t in_use = 0;    // bytes in live blocks
  size_t reserved = 0;  // bytes taken from the device, live or cached
  size_t peak = 0;      // the most that in_use has been
  size_t limit = 0;     // 0: none
};

class Allocator {
 public:
  // exact: blocks have the size asked for and are never kept, so that memory checkers see every overrun.
  Allocator(Device& device, bool exact) : device_(device), exact_(exact) {}
  ~Allocator() { trim(); }

  // Room for `bytes`, 256-byte aligned, or nullptr when the device or the limit has none left.
  void* allocate(size_t bytes);
  void free(void* block, size_t bytes);

  // Gives cached blocks back to the device.
  void trim();

  MemoryUse use;

 private:
  size_t rounded(size_t bytes) const;
  void* take_from_device(size_t bytes);

  Device& device_;
  const bool exact_;
  std::map<size_t, std::vector<void*>> cached_;  // by rounded size
};

}  // namespace convolt
