// Tensors as JavaScript names them: a handle is a slot number with the slot's generation, so that a handle
// kept too long is told from its successor. A view shares the memory of another slot.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "abi.h"

namespace convolt {

struct BlockPool;

// Memory that the slots with a view of it own together.
struct Storage {
  void* data;
  size_t bytes;
  int device;
  int creator;  // index of the op that made it, or kUploaded
  std::weak_ptr<BlockPool> pool;  // where it goes back to, if a recording made it
};
constexpr int kUploaded = -1;

struct Slot {
  std::shared_ptr<Storage> storage;
  Buf buf;
  uint32_t generation = 0;
};

class Slots {
 public:
  static constexpr int kIndexBits = 20, kGenerationBits = 11;
  static constexpr size_t kMostLive = (size_t(1) << kIndexBits) - 1;  // slot 0 stands for "absent"

  // Throws std::runtime_error when kMostLive tensors are alive.
  int32_t add(std::shared_ptr<Storage> storage, Buf buf);
  // Throws std::runtime_error ("internal: ...") for a handle that was never given or has been freed.
  const Slot& at(int32_t handle) const;
  // Gives the slot's share of its storage to the caller.
  std::shared_ptr<Storage> remove(int32_t handle);

  size_t live() const { return slots_.size() - 1 - free_.size(); }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_)
      if (slot.storage) visit(slot);
  }

 private:
  std::vector<Slot> slots_{1};
  std::vector<uint32_t> free_;
};

}  // namespace convolt
