// Runs grids: their blocks on a pool of host threads.
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "worker.h"

namespace emu {
namespace {

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

}  // namespace emu
