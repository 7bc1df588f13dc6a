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

void* Allocator::take_from(FreeBlocks& blocks, size_t bytes) {
  auto found = blocks.find(bytes);
  if (found == blocks.end() || found->second.empty()) return nullptr;
  void* block = found->second.back();
  found->second.pop_back();
  return block;
}

void* Allocator::take_from_device(size_t bytes) {
  if (use.limit != 0 && use.reserved + bytes > use.limit) return nullptr;
  void* block = device_.allocate(bytes);
  if (block) use.reserved += bytes;
  return block;
}

void Allocator::count_use(size_t bytes) {
  use.in_use += bytes;
  use.peak = std::max(use.peak, use.in_use);
}

void* Allocator::allocate(size_t bytes) {
  bytes = rounded(bytes);
  void* block = take_from(cached_, bytes);
  if (!block) block = take_from_device(bytes);
  if (!block) {
    trim();
    device_.synchronize();
    block = take_from_device(bytes);
  }
  if (block) count_use(bytes);
  return block;
}

// Nothing is given back to the device to make room: that would wait for it, which a recording cannot.
void* Allocator::allocate(size_t bytes, BlockPool& pool) {
  bytes = rounded(bytes);
  if (!exact_)
    if (void* block = take_from(pool.free, bytes)) return block;
  void* block = take_from(cached_, bytes);
  if (!block) block = take_from_device(bytes);
  if (block) count_use(bytes);
  return block;
}

void Allocator::release(void* block, size_t rounded_bytes) {
  use.in_use -= rounded_bytes;
  if (exact_) {
    use.reserved -= rounded_bytes;
    device_.release(block);
  } else {
    cached_[rounded_bytes].push_back(block);
  }
}

void Allocator::free(void* block, size_t bytes) { release(block, rounded(bytes)); }

void Allocator::dissolve(BlockPool& pool) {
  for (auto& [bytes, blocks] : pool.free)
    for (void* block : blocks) release(block, bytes);
  pool.free.clear();
}

void Allocator::trim() {
  for (auto& [bytes, blocks] : cached_) {
    for (void* block : blocks) device_.release(block);
    use.reserved -= bytes * blocks.size();
  }
  cached_.clear();
}

}  // namespace convolt
