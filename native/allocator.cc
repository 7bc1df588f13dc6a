#include "allocator.h"

#include <algorithm>
#include <bit>

namespace convolt {

// Four sizes to each power of two, so at most a fifth of a block is unused and equal shapes share blocks.
size_t Allocator::rounded(size_t bytes) const {
  if (exact_) return std::max<size_t>(bytes, 1);
  constexpr size_t least = 256;
  if (bytes <= least) return least;
  size_t step = std::bit_floor(bytes - 1) / 4;
  step = std::max(step, least);
  return (bytes + step - 1) / step * step;
}

void* Allocator::take_from_device(size_t bytes) {
  if (use.limit != 0 && use.reserved + bytes > use.limit) return nullptr;
  void* block = device_.allocate(bytes);
  if (block) use.reserved += bytes;
  return block;
}

void* Allocator::allocate(size_t bytes) {
  bytes = rounded(bytes);
  void* block = nullptr;
  if (auto found = cached_.find(bytes); found != cached_.end() && !found->second.empty()) {
    block = found->second.back();
    found->second.pop_back();
  } else {
    block = take_from_device(bytes);
    if (!block) {
      trim();
      device_.synchronize();
      block = take_from_device(bytes);
    }
    if (!block) return nullptr;
  }
  use.in_use += bytes;
  use.peak = std::max(use.peak, use.in_use);
  return block;
}

void Allocator::free(void* block, size_t bytes) {
  bytes = rounded(bytes);
  use.in_use -= bytes;
  if (exact_) {
    use.reserved -= bytes;
    device_.release(block);
  } else {
    cached_[bytes].push_back(block);
  }
}

void Allocator::trim() {
  for (auto& [bytes, blocks] : cached_) {
    for (void* block : blocks) device_.release(block);
    use.reserved -= bytes * blocks.size();
  }
  cached_.clear();
}

}  // namespace convolt
