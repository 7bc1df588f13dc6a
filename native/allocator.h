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

using FreeBlocks = std::map<size_t, std::vector<void*>>;  // by rounded size

// Memory of a recording. Replays use the same addresses, so a block that is freed stays here, for later commands of
// the same recording, until the allocator dissolves the pool.
struct BlockPool {
  FreeBlocks free;

  size_t free_bytes() const {
    size_t total = 0;
    for (const auto& [bytes, blocks] : free) total += bytes * blocks.size();
    return total;
  }
};

class Allocator {
 public:
  // exact: blocks have the size asked for and are never kept, so that memory checkers see every overrun.
  Allocator(Device& device, bool exact) : device_(device), exact_(exact) {}
  ~Allocator() { trim(); }

  // Room for `bytes`, 256-byte aligned, or nullptr when the device or the limit has none left.
  void* allocate(size_t bytes);
  void free(void* block, size_t bytes);

  // The same for the commands of a recording; what is in its pool counts as in use.
  void* allocate(size_t bytes, BlockPool& pool);
  void free(void* block, size_t bytes, BlockPool& pool) { pool.free[rounded(bytes)].push_back(block); }

  // Gives the free blocks of a pool to everyone. Those in use are freed like all others from here on.
  void dissolve(BlockPool& pool);

  // Gives cached blocks back to the device.
  void trim();

  MemoryUse use;

 private:
  size_t rounded(size_t bytes) const;
  static void* take_from(FreeBlocks& blocks, size_t bytes);
  void* take_from_device(size_t bytes);
  void release(void* block, size_t rounded_bytes);
  void count_use(size_t bytes);

  Device& device_;
  const bool exact_;
  FreeBlocks cached_;
};

}  // namespace convolt
