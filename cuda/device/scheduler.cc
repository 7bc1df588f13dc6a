// Runs grids: blocks on a pool of host threads, and the threads of a block as fibers on one of them.
#include <sys/mman.h>

#include <atomic>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "emulator.h"
#include "fiber.h"
#include "sanitizer.h"

EMU_THREAD_LOCAL uint3 threadIdx, blockIdx;
EMU_THREAD_LOCAL dim3 blockDim_, gridDim_;

namespace emu {
namespace {

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

// One host thread that runs blocks.
class Worker {
 public:
  Worker();
  void run_block(Grid& grid, size_t block);

  void barrier(const char* what, Site site, CompleteBlock complete, void* argument);
  void collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what, Site site);
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

thread_local Worker* worker = nullptr;

Worker& this_worker() {
  // Workers stay reachable for good: pool threads may end before a leak checker looks.
  static std::mutex mutex;
  static auto* all = new std::vector<std::unique_ptr<Worker>>;
  if (!worker) {
    auto made = std::make_unique<Worker>();
    worker = made.get();
    std::lock_guard lock(mutex);
    all->push_back(std::move(made));
  }
  return *worker;
}

Worker::Worker() : fibers_(kMostThreads) {
  stacks_ = static_cast<char*>(
      mmap(nullptr, kStack * kMostThreads, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (stacks_ == MAP_FAILED) error("no address space for the stacks of a block");
  for (int i = 0; i < kMostThreads; i++) mprotect(stack_base(i), kPage, PROT_NONE);
  arena_ = static_cast<char*>(std::aligned_alloc(1024, kArena));
}

uint64_t Worker::random() {  // xorshift64
  random_state_ ^= random_state_ << 13;
  random_state_ ^= random_state_ >> 7;
  random_state_ ^= random_state_ << 17;
  return random_state_;
}

void Worker::begin_block(Grid& grid, size_t block) {
  grid_ = &grid;
  blockIdx = {unsigned(block % grid.blocks.x), unsigned(block / grid.blocks.x % grid.blocks.y),
              unsigned(block / grid.blocks.x / grid.blocks.y)};
  blockDim_ = dim3(grid.threads.x, grid.threads.y, grid.threads.z);
  gridDim_ = dim3(grid.blocks.x, grid.blocks.y, grid.blocks.z);
  threads_ = living_ = grid.thread_count();
  started_ = 0;
  ready_.clear();
  first_ready_ = 0;
  at_barrier_.clear();
  for (auto& warp : meetings_)
    for (Meeting& meeting : warp) meeting.mask = 0;

  random_state_ = (config().seed * 0x9e3779b97f4a7c15ull) ^ ((block + 1) * 0xbf58476d1ce4e5b9ull);
  random();
  order_.resize(threads_);
  for (int i = 0; i < threads_; i++) order_[i] = config().order == Order::reverse ? threads_ - 1 - i : i;
  if (config().order == Order::random)
    for (int i = threads_ - 1; i > 0; i--) std::swap(order_[i], order_[random() % (i + 1)]);
  free_stacks_.clear();
  for (int i = threads_ - 1; i >= 0; i--) free_stacks_.push_back(i);
  for (int i = 0; i < threads_; i++) {
    Fiber& fiber = fibers_[i];
    fiber.number = i;
    fiber.index = {i % blockDim_.x, i / blockDim_.x % blockDim_.y, i / (blockDim_.x * blockDim_.y)};
    fiber.finished = false;
    fiber.waits_in = nullptr;
    fiber.copies.clear();
    fiber.groups = 0;
  }
}

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

void Worker::run_block(Grid& grid, size_t block) {
  begin_block(grid, block);
  if (checker.block_begin) checker.block_begin(threads_);
  begin_shared_memory();
  switch_to(start_next_fiber());
  end_asynchronous_work();
  end_products();
  ASAN_UNPOISON_MEMORY_REGION(arena_, kArena);
  if (checker.block_end) checker.block_end();
  if (observer.block_end) observer.block_end();
  grid_ = nullptr;
}

// ---- fibers ----

EMU_NO_ASAN void Worker::arrived_on_new_stack() {
  const void* bottom_before = nullptr;
  unsigned long size_before = 0;
  __sanitizer_finish_switch_fiber(current_ ? current_->fake_stack : own_fake_stack_, &bottom_before, &size_before);
  if (!own_stack_bottom_) {  // the first switch of this worker came from its own stack
    own_stack_bottom_ = bottom_before;
    own_stack_size_ = size_before;
  }
  if (finished_stack_ >= 0) free_stacks_.push_back(finished_stack_);
  finished_stack_ = -1;
  if (current_) threadIdx = current_->index;
}

// Leaves the current stack for that of `to`, or for the worker's own if it is nullptr.
EMU_NO_ASAN void Worker::switch_to(Fiber* to) {
  Fiber* from = current_;
  bool for_good = finished_stack_ >= 0;
  void** save = for_good ? &discarded_stack_pointer_ : from ? &from->stack_pointer : &own_stack_pointer_;
  void** fake = for_good ? nullptr : from ? &from->fake_stack : &own_fake_stack_;
  if (to) __sanitizer_start_switch_fiber(fake, stack_base(to->stack) + kPage, kStack - kPage);
  else __sanitizer_start_switch_fiber(fake, own_stack_bottom_, own_stack_size_);
  current_ = to;
  emu_switch_stack(save, to ? to->stack_pointer : own_stack_pointer_);
  arrived_on_new_stack();
}

EMU_NO_ASAN void Worker::fiber_entry() {
  worker->arrived_on_new_stack();
  worker->fiber_loop();
}

EMU_NO_ASAN void Worker::fiber_loop() {
  for (;;) {
    Fiber* fiber = current_;
    threadIdx = fiber->index;
    grid_->body(grid_->arguments);
    fiber->finished = true;
    living_--;
    // A thread that met no barrier leaves its stack as it found it: the next one starts right on it.
    bool others_wait = ready_.size() > first_ready_;
    if (started_ < threads_ && (config().order != Order::random || !others_wait)) {
      Fiber* next = &fibers_[order_[started_++]];
      next->stack = fiber->stack;
      current_ = next;
      continue;
    }
    Fiber* next = pick();
    finished_stack_ = fiber->stack;
    switch_to(next);
  }
}

Fiber* Worker::start_next_fiber() {
  Fiber* fiber = &fibers_[order_[started_++]];
  fiber->stack = free_stacks_.back();
  free_stacks_.pop_back();
  fiber->fake_stack = nullptr;
  // Stacks whose tops lie at equal offsets would compete for the same cache sets.
  size_t colour = size_t(fiber->stack) * 1088 % 16384 & ~size_t(63);
  fiber->stack_pointer = prepare_stack(stack_base(fiber->stack) + kStack - colour, fiber_entry);
  return fiber;
}

// The fiber to run next; nullptr when all have finished.
Fiber* Worker::pick() {
  size_t waiting = ready_.size() - first_ready_;
  bool can_start = started_ < threads_;
  if (can_start && (waiting == 0 || config().order != Order::random || random() % 2 == 0)) return start_next_fiber();
  if (waiting > 0) {
    if (config().order == Order::random) std::swap(ready_[first_ready_], ready_[first_ready_ + random() % waiting]);
    Fiber* fiber = ready_[first_ready_++];
    if (first_ready_ == ready_.size()) {
      ready_.clear();
      first_ready_ = 0;
    }
    return fiber;
  }
  if (living_ == 0) return nullptr;
  deadlock();
}

void Worker::wait(const char* what, Site site) {
  current_->waits_in = what;
  current_->waits_at = site;
  Fiber* next = pick();
  if (next != current_) switch_to(next);
}

// In forward order the last to arrive simply runs on; the other orders let anyone be the first.
void Worker::make_ready(Fiber* const* fibers, int count, const Fiber* last_to_arrive) {
  if (config().order == Order::forward) {
    for (int i = 0; i < count; i++)
      if (fibers[i] != last_to_arrive) ready_.push_back(fibers[i]);
  } else {
    for (int i = count - 1; i >= 0; i--) ready_.push_back(fibers[i]);
  }
}

void Worker::deadlock() {
  std::map<std::string, int> waiting;
  int finished = 0;
  for (int i = 0; i < threads_; i++) {
    const Fiber& fiber = fibers_[i];
    if (fiber.finished) finished++;
    else waiting[std::string(fiber.waits_in) + " at " + fiber.waits_at.file + ":" + std::to_string(fiber.waits_at.line)]++;
  }
  std::string text = "divergent barrier: " + std::to_string(finished) + " of " + std::to_string(threads_) + " threads have exited";
  for (auto& [where, count] : waiting) text += ", " + std::to_string(count) + " wait in " + where;
  error("%s", text.c_str());
}

// ---- barriers and collectives ----

void Worker::barrier(const char* what, Site site, CompleteBlock complete, void* argument) {
  if (at_barrier_.empty()) {
    barrier_what_ = what;
    barrier_site_ = site;
  } else if (barrier_site_.line != site.line || std::strcmp(barrier_site_.file, site.file) != 0) {
    error("divergent barrier: thread %d waits in %s at %s:%d, thread %d arrives in %s at %s:%d", at_barrier_[0]->number,
          barrier_what_, barrier_site_.file, barrier_site_.line, current_->number, what, site.file, site.line);
  }
  at_barrier_.push_back(current_);
  barrier_arguments_[current_->number] = argument;
  if (int(at_barrier_.size()) < threads_) return wait(what, site);

  if (complete) complete(barrier_arguments_, threads_);
  if (checker.met) {
    int numbers[kMostThreads];
    for (int i = 0; i < threads_; i++) numbers[i] = at_barrier_[i]->number;
    checker.met(numbers, threads_);
  }
  make_ready(at_barrier_.data(), threads_, current_);
  at_barrier_.clear();
  if (config().order != Order::forward) wait(what, site);
}

void Worker::collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what, Site site) {
  int warp = current_->number / kWarp, my_lane = current_->number % kWarp, in_warp = threads_ - warp * kWarp;
  if (in_warp < kWarp) mask &= (1u << in_warp) - 1;
  if (!(mask >> my_lane & 1)) error("%s at %s:%d: lane %d is not in the mask %08x it gives", what, site.file, site.line, my_lane, mask);

  Meeting* meeting = nullptr;
  for (Meeting& open : meetings_[warp]) {
    if (open.mask != 0 && (open.mask & mask) != 0 && open.mask != mask)
      error("%s at %s:%d: mask %08x meets %s with mask %08x at %s:%d", what, site.file, site.line, mask, open.what, open.mask,
            open.site.file, open.site.line);
    if (open.mask == mask) meeting = &open;
  }
  if (!meeting) {
    for (Meeting& free : meetings_[warp])
      if (free.mask == 0) meeting = &free;
    if (!meeting) error("%s at %s:%d: more than four groups of a warp's lanes wait at once", what, site.file, site.line);
    *meeting = {};
    meeting->mask = mask;
    meeting->complete = complete;
    meeting->what = what;
    meeting->site = site;
  } else if (meeting->complete != complete || meeting->site.line != site.line) {
    error("the warp diverged: lane %d is in %s at %s:%d, other lanes are in %s at %s:%d", my_lane, what, site.file, site.line,
          meeting->what, meeting->site.file, meeting->site.line);
  }
  meeting->arrived |= 1u << my_lane;
  meeting->arguments[my_lane] = argument;
  meeting->fibers[my_lane] = current_;
  if (meeting->arrived != mask) return wait(what, site);

  complete(meeting->arguments, mask);
  Fiber* met[kWarp];
  int numbers[kWarp], count = 0;
  for (int lane = 0; lane < kWarp; lane++)
    if (mask >> lane & 1) {
      numbers[count] = meeting->fibers[lane]->number;
      met[count++] = meeting->fibers[lane];
    }
  meeting->mask = 0;
  if (checker.met && orders_memory) checker.met(numbers, count);
  make_ready(met, count, current_);
  if (config().order != Order::forward) wait(what, site);
}

void Worker::sleep_on(const void* object, const char* what, Site site) {
  asleep_[object].push_back(current_);
  wait(what, site);
}

void Worker::wake(const void* object) {
  const auto found = asleep_.find(object);
  if (found == asleep_.end()) return;
  const std::vector<Fiber*> sleepers = std::move(found->second);
  asleep_.erase(found);
  make_ready(sleepers.data(), int(sleepers.size()), nullptr);
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

// ---- grids ----

// Host threads that take blocks from one grid at a time.
class Pool {
 public:
  void run(Grid& grid, int helpers) {
    std::unique_lock lock(mutex_);
    while (int(threads_.size()) < helpers) threads_.emplace_back([this] { help(); });
    grid_ = &grid;
    busy_ = int(threads_.size());
    round_++;
    lock.unlock();
    begin_.notify_all();
    take_blocks(grid);
    lock.lock();
    end_.wait(lock, [this] { return busy_ == 0; });
  }

  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    begin_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  static void take_blocks(Grid& grid) {
    Worker& self = this_worker();
    for (size_t block; (block = grid.next_block++) < grid.block_count();) self.run_block(grid, block);
  }

 private:
  void help() {
    long seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      begin_.wait(lock, [&] { return closing_ || round_ != seen; });
      if (closing_) return;
      seen = round_;
      Grid* grid = grid_;
      lock.unlock();
      take_blocks(*grid);
      lock.lock();
      if (--busy_ == 0) end_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable begin_, end_;
  std::vector<std::thread> threads_;
  Grid* grid_ = nullptr;
  long round_ = 0;
  int busy_ = 0;
  bool closing_ = false;
};

Pool& pool() {
  static Pool instance;
  return instance;
}

std::mutex one_grid_at_a_time;

}  // namespace

Config& config() {
  static Config instance = [] {
    Config c;
    if (const char* seed = std::getenv("CONVOLT_EMU_SEED")) {
      c.order = Order::random;
      c.seed = std::strtoull(seed, nullptr, 10);
    }
    if (const char* workers = std::getenv("CONVOLT_EMU_WORKERS")) c.workers = std::atoi(workers);
    return c;
  }();
  return instance;
}

void run_grid(Extent3 blocks, Extent3 threads, size_t shared_bytes, Body body, void* arguments, const char* name) {
  std::lock_guard lock(one_grid_at_a_time);
  Grid grid{blocks, threads, shared_bytes, body, arguments, name};
  const size_t thread_count = size_t(threads.x) * threads.y * threads.z;
  if (grid.block_count() == 0 || thread_count == 0 || thread_count > kMostThreads || threads.z > 64 || blocks.y > 65535 ||
      blocks.z > 65535 || shared_bytes > kMostShared)
    error("launch of %s: no device takes grid (%u,%u,%u), block (%u,%u,%u) and %zu bytes of dynamic shared memory", name, blocks.x,
          blocks.y, blocks.z, threads.x, threads.y, threads.z, shared_bytes);
  int workers = config().workers > 0 ? config().workers : int(std::thread::hardware_concurrency());
  if (checker.met || grid.block_count() == 1) workers = 1;
  if (checker.kernel_begin) checker.kernel_begin();
  if (workers == 1) Pool::take_blocks(grid);
  else pool().run(grid, workers - 1);
  if (checker.kernel_end) checker.kernel_end();
  if (observer.kernel_end) observer.kernel_end(name);
}

void barrier(const char* what, Site site, CompleteBlock complete, void* argument) { worker->barrier(what, site, complete, argument); }

void collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what, Site site) {
  worker->collective(mask, complete, argument, orders_memory, what, site);
}

void async_copy(void* target, const void* source, int valid, const char* what) {
  worker->async_copy(target, source, valid, what, __builtin_return_address(0));
}
void async_commit() { worker->async_commit(); }
void async_wait(int groups) { worker->async_wait(groups, __builtin_return_address(0)); }

void sleep_on(const void* object, const char* what, Site site) { worker->sleep_on(object, what, site); }
void wake(const void* object) { worker->wake(object); }

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
int thread_in_block() { return worker ? worker->current_number() : -1; }
unsigned lane() { return unsigned(worker->current_number()) % kWarp; }

void error(const char* format, ...) {
  char what[2048];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  fprintf(stderr, "emulator: %s\n", what);
  if (thread_in_block() >= 0)
    fprintf(stderr, "  in block (%u,%u,%u) thread (%u,%u,%u) of %s\n", blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y,
            threadIdx.z, worker->kernel());
  fflush(stderr);
  std::abort();
}

}  // namespace emu
