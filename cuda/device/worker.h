// One host thread that runs blocks: what scheduler.cc, meetings.cc and shared_memory.cc define.
#pragma once

#include <atomic>
#include <map>
#include <vector>

#include "emulator.h"
#include "sanitizer.h"

namespace emu {

constexpr int kMostThreads = 1024, kWarp = 32, kMostWarps = kMostThreads / kWarp;
constexpr size_t kPage = 4096;
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStack = 256 << 10;
#else
constexpr size_t kStack = 64 << 10;
#endif
constexpr size_t kArena = 256 << 10;       // holds a block's shared memory and the guards between its objects
constexpr size_t kDynamicStart = 1024;     // of dynamic shared memory in the arena
constexpr size_t kRedzone = 64;            // behind each shared object
constexpr size_t kMostStaticShared = 48 << 10, kMostShared = 227 << 10;

// A copy to shared memory on its way, with what it read.
struct AsyncCopy {
  unsigned char* target;
  int group;  // of its thread, counted from 0
  unsigned char bytes[16];
};

struct Fiber {
  uint3 index;
  int number;          // in the block
  int stack;           // which one it runs on
  void* stack_pointer;
  void* fake_stack;    // ASan's
  bool finished;
  const char* waits_in;
  Site waits_at;
  std::vector<AsyncCopy> copies;  // in the order in which they were started
  int groups;                     // of copies, that have been closed
};

// A warp collective that some of its lanes have reached.
struct Meeting {
  unsigned mask = 0, arrived = 0;  // mask 0: not in use
  CompleteWarp complete;
  const char* what;
  Site site;
  void* arguments[kWarp];
  Fiber* fibers[kWarp];
};

struct Grid {
  Extent3 blocks, threads;
  size_t shared_bytes;
  Body body;
  void* arguments;
  const char* name;
  std::atomic<size_t> next_block{0};

  size_t block_count() const { return size_t(blocks.x) * blocks.y * blocks.z; }
  int thread_count() const { return int(size_t(threads.x) * threads.y * threads.z); }
};

class Worker {
 public:
  Worker();
  void run_block(Grid& grid, size_t block);

  void barrier(const char* what, Site site, CompleteBlock complete, void* argument);
  void collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what,
                  Site site);
  void* shared_variable(const void* key, size_t bytes);
  void* dynamic_shared() { return arena_ + kDynamicStart; }
  void async_copy(void* target, const void* source, int valid, const char* what, const void* where);
  void async_commit() { current_->groups++; }
  void async_wait(int groups, const void* where);
  void sleep_on(const void* object, const char* what, Site site);
  void wake(const void* object);
  char* arena() const { return arena_; }
  int current_number() const { return current_ ? current_->number : -1; }
  const char* kernel() const { return grid_ ? grid_->name : nullptr; }

 private:
  struct SharedVariable {
    const void* key;
    void* object;
  };

  uint64_t random();
  void begin_block(Grid& grid, size_t block);
  void begin_shared_memory();
  char* stack_base(int stack) const { return stacks_ + kStack * stack; }
  Fiber* start_next_fiber();
  Fiber* pick();
  void wait(const char* what, Site site);
  void make_ready(Fiber* const* fibers, int count, const Fiber* last_to_arrive);
  void switch_to(Fiber* to);
  void arrived_on_new_stack();
  [[noreturn]] void fiber_loop();
  static void fiber_entry();
  [[noreturn]] void deadlock();

  Grid* grid_ = nullptr;
  int threads_ = 0;   // of the block
  int started_ = 0;   // how many of them have a stack
  int living_ = 0;    // how many have not finished
  std::vector<Fiber> fibers_;
  std::vector<int> order_;
  std::vector<int> free_stacks_;
  std::vector<Fiber*> ready_;
  size_t first_ready_ = 0;
  Fiber* current_ = nullptr;  // nullptr: the worker's own stack
  int finished_stack_ = -1;   // of the fiber that was left for good
  uint64_t random_state_ = 1;

  char* stacks_;
  void *own_stack_pointer_ = nullptr, *discarded_stack_pointer_ = nullptr, *own_fake_stack_ = nullptr;
  const void* own_stack_bottom_ = nullptr;
  size_t own_stack_size_ = 0;

  std::vector<Fiber*> at_barrier_;
  void* barrier_arguments_[kMostThreads];
  const char* barrier_what_ = nullptr;
  Site barrier_site_{};
  Meeting meetings_[kMostWarps][4];
  std::map<const void*, std::vector<Fiber*>> asleep_;  // by what they sleep on

  char* arena_;
  size_t arena_used_ = 0;
  std::vector<SharedVariable> shared_variables_;
};

extern EMU_THREAD_LOCAL Worker* worker;  // this host thread's, if it has run blocks

Worker& this_worker();

}  // namespace emu
