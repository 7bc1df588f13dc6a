// Device memory: blocks of exactly the size asked for, so that a checker sees the first byte beyond.
#include <cstdlib>
#include <cstring>

#include "runtime.h"

namespace emu {
namespace {

// The race checker wants to own the bytes around a block; AddressSanitizer brings its own.
constexpr size_t kGuard = 256;
constexpr size_t kAlignment = 256;

size_t guard() { return checker.allocated ? kGuard : 0; }

}  // namespace

Checker checker;
Observer observer;

void* allocate(size_t bytes) {
  void* base = nullptr;
  if (posix_memalign(&base, kAlignment, (bytes > 0 ? bytes : 1) + 2 * guard()) != 0) return nullptr;
  void* block = static_cast<char*>(base) + guard();
  std::memset(block, 0xff, bytes);  // NaN as a float, so that a read before the first write shows
  if (checker.allocated) checker.allocated(block, bytes);
  return block;
}

void release(void* block) {
  if (!block) return;
  if (checker.released) checker.released(block);
  std::free(static_cast<char*>(block) - guard());
}

void note_host_access(const void* block, size_t bytes, bool write) {
  if (checker.host_access && bytes > 0) checker.host_access(block, bytes, write);
}

}  // namespace emu
