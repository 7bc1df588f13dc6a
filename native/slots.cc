#include "slots.h"

#include <stdexcept>
#include <string>

namespace convolt {
namespace {
constexpr uint32_t kIndexMask = (1u << Slots::kIndexBits) - 1;
constexpr uint32_t kGenerationMask = (1u << Slots::kGenerationBits) - 1;
}  // namespace

int32_t Slots::add(std::shared_ptr<Storage> storage, Buf buf) {
  uint32_t index;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    if (live() >= kMostLive) throw std::runtime_error("out of memory: more than a million tensors are alive");
    index = uint32_t(slots_.size());
    slots_.emplace_back();
  }
  Slot& slot = slots_[index];
  slot.storage = std::move(storage);
  slot.buf = buf;
  return int32_t(slot.generation << kIndexBits | index);
}

const Slot& Slots::at(int32_t handle) const {
  uint32_t index = uint32_t(handle) & kIndexMask, generation = uint32_t(handle) >> kIndexBits;
  if (index == 0 || index >= slots_.size() || !slots_[index].storage || slots_[index].generation != generation)
    throw std::runtime_error("internal: handle " + std::to_string(handle) + " names no live tensor");
  return slots_[index];
}

std::shared_ptr<Storage> Slots::remove(int32_t handle) {
  at(handle);
  uint32_t index = uint32_t(handle) & kIndexMask;
  Slot& slot = slots_[index];
  slot.generation = (slot.generation + 1) & kGenerationMask;
  slot.buf = {};
  free_.push_back(index);
  return std::move(slot.storage);
}

}  // namespace convolt
