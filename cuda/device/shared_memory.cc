// A block's shared memory, and the asynchronous copies to it.
#include <cstring>

#include "worker.h"

namespace emu {

void Worker::begin_shared_memory() {
  const size_t dynamic = grid_->shared_bytes;
  shared_variables_.clear();
  arena_used_ = kDynamicStart + dynamic + kRedzone;
  ASAN_UNPOISON_MEMORY_REGION(arena_, kArena);
  std::memset(arena_ + kDynamicStart, 0xff, dynamic);
  ASAN_POISON_MEMORY_REGION(arena_, kArena);
  ASAN_UNPOISON_MEMORY_REGION(arena_ + kDynamicStart, dynamic);
  if (checker.arena) checker.arena(arena_, kArena);
  if (checker.shared_object && dynamic > 0) checker.shared_object(arena_ + kDynamicStart, dynamic);
}

void* Worker::shared_variable(const void* key, size_t bytes) {
  for (const SharedVariable& variable : shared_variables_)
    if (variable.key == key) return variable.object;
  size_t start = (arena_used_ + 15) / 16 * 16;
  if (bytes > kMostStaticShared || start + bytes + kRedzone > kArena)
    error("a shared array of %zu bytes; static shared memory has %zu", bytes, kMostStaticShared);
  arena_used_ = start + bytes + kRedzone;
  void* object = arena_ + start;
  ASAN_UNPOISON_MEMORY_REGION(object, bytes);
  std::memset(object, 0xff, bytes);
  if (checker.shared_object) checker.shared_object(object, bytes);
  shared_variables_.push_back({key, object});
  return object;
}

// ---- asynchronous copies ----

void Worker::async_copy(void* target, const void* source, int valid, const char* what, const void* where) {
  AsyncCopy copy{static_cast<unsigned char*>(target), current_->groups, {}};
  constexpr size_t bytes = sizeof copy.bytes;
  if (reinterpret_cast<uintptr_t>(target) % bytes != 0 || reinterpret_cast<uintptr_t>(source) % bytes != 0)
    error("%s from %p to %p: both have to be aligned to %zu bytes", what, source, target, bytes);
  if (copy.target < reinterpret_cast<unsigned char*>(arena_) || copy.target >= reinterpret_cast<unsigned char*>(arena_) + kArena)
    error("%s to %p, which is not shared memory", what, target);
  if (checker.read && valid > 0) checker.read(source, size_t(valid), where);
  if (checker.write) checker.write(target, bytes, where);
  std::memcpy(copy.bytes, source, size_t(valid));
  std::memset(target, 0xff, bytes);
  if (checker.undefined) checker.undefined(target, bytes);
  current_->copies.push_back(copy);
}

void Worker::async_wait(int groups, const void* where) {
  auto& copies = current_->copies;
  size_t arrived = 0;
  for (; arrived < copies.size() && copies[arrived].group < current_->groups - groups; arrived++) {
    const AsyncCopy& copy = copies[arrived];
    if (checker.landed) checker.landed(copy.target, sizeof copy.bytes, where);
    std::memcpy(copy.target, copy.bytes, sizeof copy.bytes);
  }
  copies.erase(copies.begin(), copies.begin() + long(arrived));
}

void async_copy(void* target, const void* source, int valid, const char* what) {
  worker->async_copy(target, source, valid, what, __builtin_return_address(0));
}
void async_commit() { worker->async_commit(); }
void async_wait(int groups) { worker->async_wait(groups, __builtin_return_address(0)); }

// ---- for the language surface ----

bool is_shared(const void* pointer) {
  auto* byte = static_cast<const char*>(pointer);
  return byte >= worker->arena() && byte < worker->arena() + kArena;
}
unsigned shared_offset(const void* pointer) {
  if (!is_shared(pointer)) error("%p is not shared memory", pointer);
  return unsigned(static_cast<const char*>(pointer) - worker->arena());
}
unsigned char* shared_pointer(unsigned offset) { return reinterpret_cast<unsigned char*>(worker->arena()) + offset; }

void* shared_variable(const void* key, size_t bytes) { return worker->shared_variable(key, bytes); }
void* dynamic_shared() { return worker->dynamic_shared(); }

}  // namespace emu
