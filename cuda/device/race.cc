// The race checker: finds unordered accesses, reads of memory that nothing wrote, overruns, and uses after free.
//
// Kernels are compiled with -fsanitize=thread, which calls a function for every access to memory. Those functions are
// here instead of in ThreadSanitizer: each byte of device and shared memory remembers its last write and last two reads,
// and vector clocks over the threads of a block say whether a barrier lies between two accesses. So a race is found in
// any schedule, not in the unlucky one only. Threads of different blocks are never ordered within a kernel.
#include <dlfcn.h>
#include <link.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "emulator.h"

namespace emu {
namespace {

enum class Kind : uint8_t { read, write, atomic };

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::read: return "read";
    case Kind::write: return "write";
    case Kind::atomic: return "atomic access";
  }
  return "";
}

struct Visit {
  uint32_t era = 0;     // in which barrier of the whole block, or kernel, it happened
  uint32_t clock = 0;   // of its thread
  int32_t block = -1;
  int16_t thread = -1;  // -1: none, or the host
  Kind kind = Kind::read;
  const void* where = nullptr;
};

struct Byte {
  Visit written, read[2];
  bool initialised = false;
};

struct Region {
  uintptr_t base = 0;
  size_t size = 0;
  std::vector<Byte> bytes;
  const char* what = "";
};

constexpr size_t kGuard = 256;  // bytes around device memory that belong to it; memory.cc leaves them

struct Race {
  std::mutex mutex;  // memory comes and goes on other threads than the one that runs kernels
  std::map<uintptr_t, Region> global;  // by base
  std::map<uintptr_t, size_t> freed;   // lately, by base, until the memory is given out again
  std::vector<Region> shared;          // of the running block
  uintptr_t arena_begin = 0, arena_end = 0;
  uint32_t era = 1, kernel_began = 1;
  int32_t block = 0;
  int threads = 0;
  std::vector<uint32_t> clocks;    // [threads][threads]; a row is valid in the era it was begun in
  std::vector<uint32_t> clock_era;
  // What those that wait for a phase of an object learn.
  struct Released {
    uint32_t era = 0;
    std::vector<uint32_t> clock;
  };
  std::map<std::pair<const void*, uint64_t>, Released> released;
};

Race& race() {
  static Race state;
  return state;
}

uint32_t* clock_of(Race& r, int thread) {
  uint32_t* clock = &r.clocks[size_t(thread) * r.threads];
  if (r.clock_era[thread] != r.era) {
    std::memset(clock, 0, sizeof(uint32_t) * r.threads);
    clock[thread] = 1;
    r.clock_era[thread] = r.era;
  }
  return clock;
}

// file:line of a code address, as addr2line has it.
std::string place(const void* address) {
  Dl_info info;
  link_map* map = nullptr;
  if (!dladdr1(address, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP)) return "?";
  char command[700], line[400] = "?";
  std::snprintf(command, sizeof command, "addr2line -e '%s' 0x%lx", info.dli_fname, (unsigned long)(uintptr_t(address) - 1 - map->l_addr));
  if (FILE* pipe = popen(command, "r")) {
    if (!fgets(line, sizeof line, pipe)) line[0] = 0;
    pclose(pipe);
  }
  std::string text(line, std::strcspn(line, "\n"));
  return text.substr(text.rfind('/') + 1);
}

// Does an earlier access happen before whatever `thread` does now?
bool ordered(Race& r, const Visit& earlier, int thread) {
  if (earlier.thread < 0 || earlier.era < r.kernel_began) return true;
  if (earlier.block != r.block) return false;
  return earlier.thread == thread || earlier.era != r.era || clock_of(r, thread)[earlier.thread] >= earlier.clock;
}

[[noreturn]] void report_race(const Race& r, const Region& region, size_t offset, const Visit& earlier, int thread, Kind kind, const void* where) {
  error("data race on %s memory, byte %zu of %zu: %s by thread %d of block %d at %s, then %s by thread %d of block %d at %s, with no barrier between",
        region.what, offset, region.size, name_of(earlier.kind), earlier.thread, earlier.block - 1, place(earlier.where).c_str(), name_of(kind),
        thread, r.block - 1, place(where).c_str());
}

// The region an access begins in; nullptr for memory that is not the device's.
Region* find_region(Race& r, uintptr_t address, size_t size, Kind kind, const void* where) {
  if (address >= r.arena_begin && address < r.arena_end) {
    for (Region& region : r.shared)
      if (address >= region.base && address < region.base + region.size) return &region;
    error("%s of %zu bytes at %s outside of every shared array of the block", name_of(kind), size, place(where).c_str());
  }
  auto after = r.freed.upper_bound(address);
  if (after != r.freed.begin()) {
    auto [base, length] = *std::prev(after);
    if (address < base + length) error("%s at %s of device memory that was freed", name_of(kind), place(where).c_str());
  }
  auto next = r.global.upper_bound(address + kGuard);
  if (next == r.global.begin()) return nullptr;
  Region& region = std::prev(next)->second;
  if (address >= region.base + region.size + kGuard) return nullptr;
  if (address < region.base || address >= region.base + region.size)
    error("%s of %zu bytes at %s outside of a device allocation of %zu bytes (offset %ld)", name_of(kind), size, place(where).c_str(),
          region.size, long(address) - long(region.base));
  return &region;
}

void check_byte(Race& r, Region& region, size_t offset, int thread, Kind kind, const void* where) {
  Byte& byte = region.bytes[offset];
  if (kind != Kind::write && !byte.initialised)
    error("%s of uninitialised %s memory, byte %zu of %zu, at %s", name_of(kind), region.what, offset, region.size, place(where).c_str());
  auto conflicts = [&](const Visit& earlier) {
    bool both_atomic = kind == Kind::atomic && earlier.kind == Kind::atomic;
    return !both_atomic && !ordered(r, earlier, thread);
  };
  if (conflicts(byte.written)) report_race(r, region, offset, byte.written, thread, kind, where);
  if (kind != Kind::read)
    for (const Visit& earlier : byte.read)
      if (conflicts(earlier)) report_race(r, region, offset, earlier, thread, kind, where);

  const Visit now{r.era, clock_of(r, thread)[thread], r.block, int16_t(thread), kind, where};
  if (kind == Kind::read) {
    // Two readers are enough to tell whether a later writer races with one of another thread.
    Visit& slot = byte.read[0].thread == thread || ordered(r, byte.read[0], thread) ? byte.read[0] : byte.read[1];
    slot = now;
  } else {
    byte.written = now;
    byte.read[0] = byte.read[1] = {};
    byte.initialised = true;
  }
}

void check_access(const void* pointer, size_t size, Kind kind, const void* where, bool observed = true) {
  const int thread = thread_in_block();
  if (thread < 0) return;
  Race& r = race();
  std::lock_guard lock(r.mutex);
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  Region* region = find_region(r, address, size, kind, where);
  if (!region) return;
  const size_t offset = address - region->base;
  if (offset + size > region->size)
    error("%s of %zu bytes at %s runs past the end of %s memory of %zu bytes", name_of(kind), size, place(where).c_str(), region->what, region->size);
  for (size_t i = 0; i < size; i++) check_byte(r, *region, offset + i, thread, kind, where);
  if (observer.access && observed) {
    const bool shared = address >= r.arena_begin && address < r.arena_end;
    observer.access({shared, kind != Kind::read, address, size, reinterpret_cast<const void*>(region->base), thread, where});
  }
}

void check_alignment(const void* pointer, size_t size, const void* where) {
  if (thread_in_block() >= 0 && reinterpret_cast<uintptr_t>(pointer) % size != 0)
    error("misaligned access of %zu bytes to %p at %s", size, pointer, place(where).c_str());
}

Region make_region(void* base, size_t size, const char* what) {
  return {reinterpret_cast<uintptr_t>(base), size, std::vector<Byte>(size), what};
}

// Threads that met in a barrier: each now knows what all of them did before.
void met(const int* threads, int count) {
  Race& r = race();
  if (count == r.threads) {
    r.era++;
    return;
  }
  std::vector<uint32_t> latest(r.threads, 0);
  for (int i = 0; i < count; i++) {
    const uint32_t* clock = clock_of(r, threads[i]);
    for (int t = 0; t < r.threads; t++) latest[t] = std::max(latest[t], clock[t]);
  }
  for (int i = 0; i < count; i++) {
    uint32_t* clock = clock_of(r, threads[i]);
    std::memcpy(clock, latest.data(), sizeof(uint32_t) * r.threads);
    clock[threads[i]]++;
  }
}

// A thread hands over what it knows, and what it does from now on is no part of that.
void release(const void* object, uint64_t phase) {
  Race& r = race();
  Race::Released& released = r.released[{object, phase}];
  if (released.era != r.era) released = {r.era, std::vector<uint32_t>(size_t(r.threads), 0)};
  const int thread = thread_in_block();
  uint32_t* clock = clock_of(r, thread);
  for (int t = 0; t < r.threads; t++) released.clock[t] = std::max(released.clock[t], clock[t]);
  clock[thread]++;
}

void acquire(const void* object, uint64_t phase) {
  Race& r = race();
  const auto found = r.released.find({object, phase});
  if (found == r.released.end() || found->second.era != r.era) return;  // a barrier of the whole block lies between
  uint32_t* clock = clock_of(r, thread_in_block());
  for (int t = 0; t < r.threads; t++) clock[t] = std::max(clock[t], found->second.clock[t]);
}

// Memory is given out again: what was freed there, in whole or in part, is no longer wrong to use.
void forget_freed(Race& r, uintptr_t begin, uintptr_t end) {
  if (begin == end) {  // the range below would run backwards past an empty block that was freed here
    r.freed.erase(begin);
    return;
  }
  auto first = r.freed.upper_bound(begin);
  if (first != r.freed.begin() && std::prev(first)->first + std::prev(first)->second > begin) --first;
  r.freed.erase(first, r.freed.lower_bound(end));
}

[[maybe_unused]] const bool installed = [] {
  checker.kernel_begin = [] {
    Race& r = race();
    r.kernel_began = ++r.era;
    r.block = 0;
  };
  checker.block_begin = [](int threads) {
    Race& r = race();
    r.threads = threads;
    r.era++;
    r.block++;
    r.clocks.assign(size_t(threads) * threads, 0);
    r.clock_era.assign(threads, 0);
    r.shared.clear();
    r.released.clear();
  };
  checker.block_end = [] {
    race().shared.clear();
    race().arena_begin = race().arena_end = 0;
  };
  checker.kernel_end = [] { race().kernel_began = ++race().era; };
  checker.met = met;
  checker.allocated = [](void* block, size_t size) {
    Race& r = race();
    std::lock_guard lock(r.mutex);
    Region region = make_region(block, size, "device");
    forget_freed(r, region.base, region.base + size);
    r.global[region.base] = std::move(region);
  };
  checker.released = [](void* block) {
    Race& r = race();
    std::lock_guard lock(r.mutex);
    auto found = r.global.find(reinterpret_cast<uintptr_t>(block));
    if (found == r.global.end()) error("release of memory that was not allocated, or released before");
    r.freed[found->first] = found->second.size;
    r.global.erase(found);
  };
  checker.host_access = [](const void* pointer, size_t size, bool write) {
    Race& r = race();
    std::lock_guard lock(r.mutex);
    const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
    auto next = r.global.upper_bound(address);
    if (next == r.global.begin()) return;
    Region& region = std::prev(next)->second;
    if (address + size > region.base + region.size) error("the host accesses %zu bytes beyond a device allocation", size);
    for (size_t i = 0; i < size && write; i++) region.bytes[address - region.base + i] = {{}, {}, true};
  };
  checker.arena = [](void* base, size_t size) {
    race().arena_begin = reinterpret_cast<uintptr_t>(base);
    race().arena_end = race().arena_begin + size;
  };
  checker.read = [](const void* source, size_t size, const void* where) { check_access(source, size, Kind::read, where); };
  checker.write = [](void* target, size_t size, const void* where) { check_access(target, size, Kind::write, where); };
  checker.landed = [](void* target, size_t size, const void* where) { check_access(target, size, Kind::write, where, false); };
  checker.undefined = [](void* target, size_t size) {
    Race& r = race();
    std::lock_guard lock(r.mutex);
    if (Region* region = find_region(r, reinterpret_cast<uintptr_t>(target), size, Kind::write, nullptr))
      for (size_t i = 0; i < size; i++) region->bytes[reinterpret_cast<uintptr_t>(target) - region->base + i].initialised = false;
  };
  checker.defined = [](void* target, size_t size) {
    Race& r = race();
    std::lock_guard lock(r.mutex);
    if (Region* region = find_region(r, reinterpret_cast<uintptr_t>(target), size, Kind::write, nullptr))
      for (size_t i = 0; i < size; i++) region->bytes[reinterpret_cast<uintptr_t>(target) - region->base + i].initialised = true;
  };
  checker.atomic = [](void* target, size_t size, const void* where) { check_access(target, size, Kind::atomic, where, false); };
  checker.release = release;
  checker.acquire = acquire;
  checker.shared_object = [](void* object, size_t size) { race().shared.push_back(make_region(object, size, "shared")); };
  return true;
}();

}  // namespace
}  // namespace emu

// ---- what the compiler calls in code compiled with -fsanitize=thread ----

#define WHERE __builtin_return_address(0)
#define ON_ACCESS(size)                                                                                                                  \
  void __tsan_read##size(void* p) { emu::check_alignment(p, size, WHERE), emu::check_access(p, size, emu::Kind::read, WHERE); }        \
  void __tsan_write##size(void* p) { emu::check_alignment(p, size, WHERE), emu::check_access(p, size, emu::Kind::write, WHERE); }      \
  void __tsan_unaligned_read##size(void* p) { emu::check_access(p, size, emu::Kind::read, WHERE); }                                    \
  void __tsan_unaligned_write##size(void* p) { emu::check_access(p, size, emu::Kind::write, WHERE); }                                  \
  void __tsan_volatile_read##size(void* p) { emu::check_access(p, size, emu::Kind::read, WHERE); }                                     \
  void __tsan_volatile_write##size(void* p) { emu::check_access(p, size, emu::Kind::write, WHERE); }                                   \
  void __tsan_read_write##size(void* p) {                                                                                               \
    emu::check_access(p, size, emu::Kind::read, WHERE), emu::check_access(p, size, emu::Kind::write, WHERE);                           \
  }                                                                                                                                      \
  void __tsan_unaligned_read_write##size(void* p) {                                                                                     \
    emu::check_access(p, size, emu::Kind::read, WHERE), emu::check_access(p, size, emu::Kind::write, WHERE);                           \
  }

extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
ON_ACCESS(1)
ON_ACCESS(2)
ON_ACCESS(4)
ON_ACCESS(8)
ON_ACCESS(16)
void __tsan_read_range(void* p, size_t size) { emu::check_access(p, size, emu::Kind::read, WHERE); }
void __tsan_write_range(void* p, size_t size) { emu::check_access(p, size, emu::Kind::write, WHERE); }
void* __tsan_memcpy(void* to, const void* from, size_t size) {
  emu::check_access(from, size, emu::Kind::read, WHERE);
  emu::check_access(to, size, emu::Kind::write, WHERE);
  return std::memcpy(to, from, size);
}
void* __tsan_memset(void* to, int value, size_t size) {
  emu::check_access(to, size, emu::Kind::write, WHERE);
  return std::memset(to, value, size);
}
void* __tsan_memmove(void* to, const void* from, size_t size) {
  emu::check_access(from, size, emu::Kind::read, WHERE);
  emu::check_access(to, size, emu::Kind::write, WHERE);
  return std::memmove(to, from, size);
}
int __tsan_atomic32_fetch_add(volatile int* p, int value, int) {
  emu::check_access(const_cast<int*>(p), 4, emu::Kind::atomic, WHERE);
  return __atomic_fetch_add(p, value, __ATOMIC_SEQ_CST);
}
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
}
