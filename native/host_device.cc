#include "host_device.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace convolt {
namespace {

// Scratch memory of one op call. Blocks are kept from call to call, so that a repeated step allocates none.
class HostContext final : public Context {
 public:
  explicit HostContext(const HostMemory& memory) : memory_(memory) {}
  ~HostContext() { drop(); }

  void* scratch(size_t bytes) override {
    if (used_ < blocks_.size() && blocks_[used_].bytes >= bytes) return blocks_[used_++].data;
    if (used_ < blocks_.size()) {
      memory_.release(std::exchange(blocks_[used_].data, nullptr));
      blocks_[used_].bytes = 0;
    } else {
      blocks_.push_back({});
    }
    Block& block = blocks_[used_];
    block.data = memory_.allocate(bytes);
    if (!block.data) throw std::bad_alloc();
    block.bytes = bytes;
    used_++;
    return block.data;
  }

  void end_op() {
    used_ = 0;
    if (!memory_.keeps_scratch) drop();
  }

 private:
  struct Block {
    void* data = nullptr;
    size_t bytes = 0;
  };

  void drop() {
    for (Block& block : blocks_)
      if (block.data) memory_.release(block.data);
    blocks_.clear();
  }

  const HostMemory& memory_;
  std::vector<Block> blocks_;
  size_t used_ = 0;
};

struct Upload {
  void* target;
  std::vector<unsigned char> bytes;
};
struct Release {
  void* block;
};
using Task = std::function<void()>;

using RecordedItems = std::vector<std::variant<Command, Upload>>;
class HostRecording final : public Recording {
 public:
  std::shared_ptr<RecordedItems> items = std::make_shared<RecordedItems>();
};
struct Replay {
  std::shared_ptr<const RecordedItems> items;
};

class HostDevice final : public Device {
 public:
  explicit HostDevice(const HostMemory& memory) : memory_(memory), thread_([this] { work(); }) {}

  ~HostDevice() override {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    given_.notify_one();
    thread_.join();
  }

  void* allocate(size_t bytes) override { return memory_.allocate(bytes); }
  void release(void* block) override { give(Release{block}); }
  void trim() override { give(Task(memory_.trim)); }
  void run(const Command& command) override {
    if (recording_) recording_->items->push_back(command);
    else give(command);
  }

  void upload(void* target, const void* bytes, size_t size) override {
    auto first = static_cast<const unsigned char*>(bytes);
    Upload copy{target, {first, first + size}};
    if (recording_) recording_->items->push_back(std::move(copy));
    else give(std::move(copy));
  }

  void download(const void* source, size_t size, std::function<void(Download)> done) override {
    give(Task([this, source, size, done = std::move(done)] {
      Download result;
      result.error = error();
      if (result.error.empty()) {
        auto bytes = std::make_shared<std::vector<unsigned char>>(size);
        if (size > 0) std::memcpy(bytes->data(), source, size);
        memory_.note_host_access(source, size, false);
        result.bytes = bytes->data();
        result.size = size;
        result.owner = bytes;
      }
      done(std::move(result));
    }));
  }

  void synchronize() override {
    std::unique_lock lock(mutex_);
    drained_.wait(lock, [this] { return queue_.empty() && !busy_; });
  }

  void begin_recording() override { recording_ = std::make_unique<HostRecording>(); }
  std::unique_ptr<Recording> end_recording() override { return std::move(recording_); }
  void replay(const Recording& recording) override { give(Replay{static_cast<const HostRecording&>(recording).items}); }

  void mark() override {
    give(Task([this] {
      const auto now = std::chrono::steady_clock::now();
      std::lock_guard lock(mutex_);
      marks_.push_back(now);
    }));
  }

  std::vector<double> intervals() override {
    std::lock_guard lock(mutex_);
    std::vector<double> result;
    for (size_t i = 1; i < marks_.size(); i++) result.push_back(std::chrono::duration<double, std::milli>(marks_[i] - marks_[i - 1]).count());
    marks_.clear();
    return result;
  }

  std::string error() override {
    std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  using Item = std::variant<Command, Upload, Release, Task, Replay>;
  static constexpr size_t kMostQueued = 512;

  void give(Item item) {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [this] { return queue_.size() < kMostQueued; });
    queue_.push_back(std::move(item));
    queued_.store(queue_.size(), std::memory_order_relaxed);
    bool wake = sleeping_;
    lock.unlock();
    if (wake) given_.notify_one();
  }

  void work() {
    HostContext context(memory_);
    std::unique_lock lock(mutex_);
    for (;;) {
      busy_ = false;
      if (queue_.empty()) {
        drained_.notify_all();
        await_a_moment(lock);
      }
      sleeping_ = true;
      given_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      sleeping_ = false;
      if (queue_.empty()) return;
      Item item = std::move(queue_.front());
      queue_.pop_front();
      queued_.store(queue_.size(), std::memory_order_relaxed);
      busy_ = true;
      bool failed = !error_.empty();
      lock.unlock();
      taken_.notify_one();
      std::string problem = perform(item, context, failed);
      lock.lock();
      if (error_.empty()) error_ = std::move(problem);
    }
  }

  // Small ops come in quick succession, and waking a sleeping thread costs more than one of them: looks for some
  // microseconds whether the next one comes.
  void await_a_moment(std::unique_lock<std::mutex>& lock) {
    constexpr int looks = 1000;
    lock.unlock();
    for (int i = 0; i < looks && queued_.load(std::memory_order_relaxed) == 0; i++) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    lock.lock();
  }

  // Runs one item on the device's thread; after a failure only releases and downloads still happen.
  std::string perform(Item& item, HostContext& context, bool failed) {
    if (auto* release = std::get_if<Release>(&item)) {
      memory_.release(release->block);
    } else if (auto* task = std::get_if<Task>(&item)) {
      (*task)();
    } else if (failed) {
      return {};
    } else if (auto* upload = std::get_if<Upload>(&item)) {
      return perform(*upload, context);
    } else if (auto* replay = std::get_if<Replay>(&item)) {
      for (const auto& recorded : *replay->items) {
        std::string problem = std::visit([&](const auto& each) { return perform(each, context); }, recorded);
        if (!problem.empty()) return problem;
      }
    } else {
      return perform(std::get<Command>(item), context);
    }
    return {};
  }

  std::string perform(const Upload& upload, HostContext&) {
    if (!upload.bytes.empty()) std::memcpy(upload.target, upload.bytes.data(), upload.bytes.size());
    memory_.note_host_access(upload.target, upload.bytes.size(), true);
    return {};
  }

  std::string perform(const Command& command, HostContext& context) {
    try {
      command.kernel(context, {command.in, command.inputs}, {command.out, command.outputs}, command.params);
    } catch (const std::bad_alloc&) {
      return std::string("out of memory: ") + command.name + " found no room for its scratch memory";
    } catch (const std::exception& e) {
      std::string_view what = e.what();
      if (what.starts_with("internal: ")) what.remove_prefix(10);
      return std::string("internal: ") + command.name + ": " + std::string(what);
    }
    context.end_op();
    return {};
  }

  const HostMemory memory_;
  std::unique_ptr<HostRecording> recording_;  // of the environment's thread, while it records
  std::mutex mutex_;
  std::condition_variable given_, taken_, drained_;
  std::deque<Item> queue_;
  std::string error_;
  std::vector<std::chrono::steady_clock::time_point> marks_;
  std::atomic<size_t> queued_{0};  // the queue's length, to be looked at without the lock
  bool busy_ = false, closing_ = false, sleeping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Device> open_host_device(const HostMemory& memory) { return std::make_unique<HostDevice>(memory); }

}  // namespace convolt
