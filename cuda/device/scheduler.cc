// The threads of a block as fibers on one host thread: in which order they run, and how one gives way to the next.
#include <sys/mman.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#include "fiber.h"
#include "worker.h"

EMU_THREAD_LOCAL uint3 threadIdx, blockIdx;
EMU_THREAD_LOCAL dim3 blockDim_, gridDim_;

namespace emu {

EMU_THREAD_LOCAL Worker* worker = nullptr;

namespace {

// The stacks of a worker are some 2,000 mappings, of which Linux by default gives a process 65,530: a host thread that ends leaves
// its worker to one that begins. Workers stay reachable for good, as a leak checker looks after threads have ended.
class Workers {
 public:
  Worker* take() {
    std::lock_guard lock(mutex_);
    if (idle_.empty()) return new Worker;
    Worker* const taken = idle_.back();
    idle_.pop_back();
    return taken;
  }
  void give_back(Worker* left) {
    std::lock_guard lock(mutex_);
    idle_.push_back(left);
  }

 private:
  std::mutex mutex_;
  std::vector<Worker*> idle_;
};

Workers& workers() {
  static auto* all = new Workers;
  return *all;
}

// While a host thread has a worker.
struct Lease {
  Lease() { worker = workers().take(); }
  ~Lease() { workers().give_back(std::exchange(worker, nullptr)); }
};

}  // namespace

Worker& this_worker() {
  thread_local Lease lease;
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
  own_stack_bottom_ = nullptr;
  ready_.clear();
  first_ready_ = 0;
  for (Barrier& barrier : barriers_) barrier.arrived.clear();
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
  if (!own_stack_bottom_) {  // the first switch of a block comes from the host thread's own stack
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
