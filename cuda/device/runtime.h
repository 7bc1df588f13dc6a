// The emulated device's runtime: what the CUDA language surface in emulator.h calls, and what its host gives it.
//
// A block's threads are fibers on one host thread, switched at barriers and warp collectives only, in an
// order that can be seeded. Blocks of a grid run on a pool of host threads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emu {

enum class Order { forward, reverse, random };

struct Config {
  Order order = Order::forward;  // in which the threads of a block run
  uint64_t seed = 1;             // of the random order
  int workers = 0;               // host threads for blocks; 0 is one for each core
};

// Read from CONVOLT_EMU_SEED (a number makes the order random) and CONVOLT_EMU_WORKERS at first use.
Config& config();

// ---- for the host ----

// Device memory of exactly this size, 256-byte aligned and filled with NaN; nullptr when there is none.
void* allocate(size_t bytes);
void release(void* block);
// Tells the race checker that the host has read or written device memory.
void note_host_access(const void* block, size_t bytes, bool write);

using Body = void (*)(void* arguments);
struct Extent3 {
  unsigned x, y, z;
};
// Runs body once for every thread of the grid. name is for messages.
void run_grid(Extent3 grid, Extent3 block, size_t shared_bytes, Body body, void* arguments, const char* name);

// ---- for the language surface ----

struct Site {  // of a call in a kernel's source
  const char* file;
  int line;
};

// All threads of the block meet. If given, complete runs once, over the argument of every thread.
using CompleteBlock = void (*)(void** arguments, int count);
void barrier(const char* what, Site site, CompleteBlock complete = nullptr, void* argument = nullptr);

// The lanes of `mask` in this warp meet. complete runs once, over the arguments of the lanes (nullptr for the others).
using CompleteWarp = void (*)(void** lane_arguments, unsigned mask);
void collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what, Site site);

// Copies 16 bytes to shared memory at some time between now and the wait for their group: until then the target holds
// NaN. Of the source only the first `valid` bytes are read; the rest are zeros.
void async_copy(void* target, const void* source, int valid, const char* what);
void async_commit();
void async_wait(int groups);  // until at most so many of the calling thread's groups are on their way

// Sets the running thread aside until some other one wakes those that sleep on this object.
void sleep_on(const void* object, const char* what, Site site);
void wake(const void* object);
// What copies and products are still under way when a block ends is a mistake; the counters that they had are forgotten.
void end_asynchronous_work();
void end_products();

bool is_shared(const void* pointer);  // whether it points into the block's shared memory
// Shared memory as instructions name it: bytes from the beginning of the block's.
unsigned shared_offset(const void* pointer);
unsigned char* shared_pointer(unsigned offset);

void* shared_variable(const void* key, size_t bytes);  // one object for each block and key
void* dynamic_shared();
unsigned lane();
int thread_in_block();  // -1 outside of kernels

// Reports a mistake of a kernel with where it happened, and aborts.
[[noreturn]] void error(const char* format, ...) __attribute__((format(printf, 1, 2)));

// What a checker wants to know; race.cc sets it where it is linked in.
struct Checker {
  void (*kernel_begin)() = nullptr;
  void (*kernel_end)() = nullptr;
  void (*block_begin)(int threads) = nullptr;
  void (*block_end)() = nullptr;
  void (*met)(const int* threads, int count) = nullptr;  // a barrier: what these did before is seen by these after
  void (*allocated)(void* block, size_t bytes) = nullptr;
  void (*released)(void* block) = nullptr;
  void (*host_access)(const void* block, size_t bytes, bool write) = nullptr;
  void (*arena)(void* base, size_t bytes) = nullptr;  // shared memory lies in here
  void (*shared_object)(void* object, size_t bytes) = nullptr;
  // An access that the runtime makes for a thread, as its copies and warp-wide loads; `where` is a code address.
  void (*read)(const void* source, size_t bytes, const void* where) = nullptr;
  void (*write)(void* target, size_t bytes, const void* where) = nullptr;
  void (*undefined)(void* target, size_t bytes) = nullptr;  // a copy to here is on its way
  void (*landed)(void* target, size_t bytes, const void* where) = nullptr;
  void (*defined)(void* target, size_t bytes) = nullptr;  // a copy is here, which whoever waited for it may read
  void (*atomic)(void* target, size_t bytes, const void* where) = nullptr;
  // What a thread did before it arrives at a phase of an object is seen by those that wait for the phase.
  void (*release)(const void* object, uint64_t phase) = nullptr;
  void (*acquire)(const void* object, uint64_t phase) = nullptr;
};
extern Checker checker;

// Whoever wants to know of every access, which the race checker sees; traffic.cc counts them.
struct Access {
  bool shared, write;
  uintptr_t address;
  size_t size;
  const void* buffer;  // where its allocation begins
  int thread;          // in its block
  const void* where;   // in the code
};
struct Observer {
  void (*access)(const Access&) = nullptr;
  void (*products)(size_t count) = nullptr;  // multiply-adds that a warp, or a warpgroup, has tensor cores do
  void (*block_end)() = nullptr;
  void (*kernel_end)(const char* name) = nullptr;
};
extern Observer observer;

}  // namespace emu
