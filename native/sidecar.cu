// The CUDA device: one stream, pinned staging memory for both directions, and the sidecar's only symbol.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

#include "backend_kernels.h"
#include "sidecar.h"

namespace convolt {
namespace {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  throw std::runtime_error(std::string("internal: ") + what + ": " + cudaGetErrorString(status));
}

// Page-locked host blocks, kept for reuse: a transfer from or to pageable memory would block the caller.
class PinnedPool {
 public:
  struct Block {
    void* data = nullptr;
    size_t bytes = 0;
  };

  ~PinnedPool() {
    for (Block& block : free_) cudaFreeHost(block.data);
  }

  Block take(size_t bytes) {
    {
      std::lock_guard lock(mutex_);
      auto fits = [bytes](const Block& block) { return block.bytes >= bytes && block.bytes <= 4 * bytes + 4096; };
      auto found = std::find_if(free_.begin(), free_.end(), fits);
      if (found != free_.end()) {
        Block block = *found;
        free_.erase(found);
        return block;
      }
    }
    Block block{nullptr, std::max<size_t>(bytes, 4096)};
    check(cudaHostAlloc(&block.data, block.bytes, cudaHostAllocDefault), "cudaHostAlloc");
    return block;
  }

  void give(Block block) {
    std::lock_guard lock(mutex_);
    free_.push_back(block);
  }

 private:
  std::mutex mutex_;
  std::vector<Block> free_;
};

// Scratch memory of one op call, from blocks that grow and are kept: the next op that uses them comes later in the stream.
class CudaContext final : public Context {
 public:
  // keeps_outgrown: blocks that were too small stay, too, for the commands of a recording that use them.
  explicit CudaContext(bool keeps_outgrown) : keeps_outgrown_(keeps_outgrown) {}

  ~CudaContext() {
    for (Block& block : blocks_) cudaFree(block.data);
    for (void* block : outgrown_) cudaFree(block);
  }

  void begin_op() { used_ = 0; }

  void* scratch(size_t bytes) override {
    if (used_ == blocks_.size()) blocks_.push_back({});
    Block& block = blocks_[used_++];
    if (block.bytes < bytes) {
      if (block.data && keeps_outgrown_) outgrown_.push_back(block.data);
      else if (block.data) check(cudaFree(block.data), "cudaFree");  // waits for the kernels that use it
      block = {};
      if (cudaMalloc(&block.data, bytes) != cudaSuccess) {
        cudaGetLastError();
        throw std::bad_alloc();
      }
      block.bytes = bytes;
    }
    return block.data;
  }

 private:
  struct Block {
    void* data = nullptr;
    size_t bytes = 0;
  };
  const bool keeps_outgrown_;
  std::vector<Block> blocks_;
  std::vector<void*> outgrown_;
  size_t used_ = 0;
};

// A CUDA graph, and the memory besides tensors that its nodes use: scratch, and host data that they copy to the device.
class CudaRecording final : public Recording {
 public:
  CudaRecording(int ordinal, cudaStream_t stream, std::shared_ptr<PinnedPool> pinned)
      : ordinal_(ordinal), stream_(stream), pinned_(std::move(pinned)) {
    context.stream = stream;
  }

  ~CudaRecording() override {
    cudaSetDevice(ordinal_);
    if (graph) {
      cudaStreamSynchronize(stream_);  // a launch may be under way
      cudaGraphExecDestroy(graph);
    }
    for (PinnedPool::Block& block : uploads_) pinned_->give(block);
  }

  CudaRecording(const CudaRecording&) = delete;
  CudaRecording& operator=(const CudaRecording&) = delete;

  // A copy of host data that lasts as long as the graph.
  const void* keep(const void* bytes, size_t size) {
    uploads_.push_back(pinned_->take(size));
    std::memcpy(uploads_.back().data, bytes, size);
    return uploads_.back().data;
  }

  CudaContext context{true};
  cudaGraphExec_t graph = nullptr;

 private:
  const int ordinal_;
  const cudaStream_t stream_;
  std::shared_ptr<PinnedPool> pinned_;
  std::vector<PinnedPool::Block> uploads_;
};

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int ordinal) : ordinal_(ordinal), pinned_(std::make_shared<PinnedPool>()) {
    select();
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
    context_.stream = stream_;
  }

  ~CudaDevice() override {
    cudaSetDevice(ordinal_);
    cudaStreamSynchronize(stream_);
    for (InFlight& upload : uploads_) {
      cudaEventDestroy(upload.finished);
      pinned_->give(upload.block);
    }
    forget_marks();
    cudaStreamDestroy(stream_);
  }

  void* allocate(size_t bytes) override {
    select();
    void* block = nullptr;
    if (cudaMalloc(&block, std::max<size_t>(bytes, 1)) == cudaSuccess) return block;
    cudaGetLastError();
    return nullptr;
  }

  void release(void* block) override {
    if (cudaSetDevice(ordinal_) == cudaSuccess) cudaFree(block);  // cudaFree waits for the device
  }

  void run(const Command& command) override {
    select();
    CudaContext& context = recording_ ? recording_->context : context_;
    context.begin_op();
    try {
      command.kernel(context, {command.in, command.inputs}, {command.out, command.outputs}, command.params);
    } catch (const std::bad_alloc&) {
      throw std::runtime_error(std::string("out of memory: ") + command.name + " found no room for its scratch memory");
    } catch (const std::runtime_error& error) {
      if (recording_) refuse(std::string(command.name) + ": " + error.what());
      throw;
    }
  }

  void upload(void* target, const void* bytes, size_t size) override {
    select();
    if (recording_) {
      const void* kept = recording_->keep(bytes, size);
      check(cudaMemcpyAsync(target, kept, size, cudaMemcpyHostToDevice, stream_), "copy to the device");
      return;
    }
    reuse_finished_uploads();
    InFlight upload{pinned_->take(size), nullptr};
    std::memcpy(upload.block.data, bytes, size);
    check(cudaMemcpyAsync(target, upload.block.data, size, cudaMemcpyHostToDevice, stream_), "copy to the device");
    check(cudaEventCreateWithFlags(&upload.finished, cudaEventDisableTiming), "cudaEventCreate");
    check(cudaEventRecord(upload.finished, stream_), "cudaEventRecord");
    uploads_.push_back(upload);
  }

  void download(const void* source, size_t size, std::function<void(Download)> done) override {
    select();
    PinnedPool::Block block = pinned_->take(size);
    if (size > 0) check(cudaMemcpyAsync(block.data, source, size, cudaMemcpyDeviceToHost, stream_), "copy to the host");
    auto finished = std::make_unique<Finished>(Finished{pinned_, block, size, std::move(done)});
    // A stream callback rather than cudaLaunchHostFunc: it is called, with the error, even when the stream has failed.
    check(cudaStreamAddCallback(stream_, finish_download, finished.get(), 0), "cudaStreamAddCallback");
    finished.release();
  }

  void synchronize() override {
    select();
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
  }

  // Relaxed, as the allocator takes memory from CUDA meanwhile. It is fresh, so nothing that runs has a use for it.
  void begin_recording() override {
    select();
    auto recording = std::make_unique<CudaRecording>(ordinal_, stream_, pinned_);
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
    recording_ = std::move(recording);
  }

  std::unique_ptr<Recording> end_recording() override {
    select();
    std::unique_ptr<CudaRecording> recording = std::move(recording_);
    cudaGraph_t graph = nullptr;
    cudaError_t status = cudaStreamEndCapture(stream_, &graph);
    if (status == cudaSuccess) status = cudaGraphInstantiate(&recording->graph, graph, 0);
    if (graph) cudaGraphDestroy(graph);
    if (status == cudaSuccess) status = cudaGraphUpload(recording->graph, stream_);
    if (status != cudaSuccess) {
      cudaGetLastError();  // the next launch is not to find it
      refuse(cudaGetErrorString(status));
    }
    return recording;
  }

  void replay(const Recording& recording) override {
    select();
    check(cudaGraphLaunch(static_cast<const CudaRecording&>(recording).graph, stream_), "cudaGraphLaunch");
  }

  void mark() override {
    select();
    cudaEvent_t event;
    check(cudaEventCreate(&event), "cudaEventCreate");
    marks_.push_back(event);
    check(cudaEventRecord(event, stream_), "cudaEventRecord");
  }

  std::vector<double> intervals() override {
    select();
    std::vector<double> result;
    for (size_t i = 1; i < marks_.size(); i++) {
      float milliseconds = 0;
      check(cudaEventElapsedTime(&milliseconds, marks_[i - 1], marks_[i]), "cudaEventElapsedTime");
      result.push_back(milliseconds);
    }
    forget_marks();
    return result;
  }

  std::string error() override { return {}; }

 private:
  struct InFlight {
    PinnedPool::Block block;
    cudaEvent_t finished;
  };
  struct Finished {
    std::shared_ptr<PinnedPool> pool;
    PinnedPool::Block block;
    size_t size;
    std::function<void(Download)> done;
  };

  [[noreturn]] static void refuse(const std::string& why) {
    throw std::runtime_error("capture: expected work that CUDA can record, but got " + why);
  }

  void forget_marks() {
    for (cudaEvent_t event : marks_) cudaEventDestroy(event);
    marks_.clear();
  }

  void select() { check(cudaSetDevice(ordinal_), "cudaSetDevice"); }

  void reuse_finished_uploads() {
    while (!uploads_.empty() && cudaEventQuery(uploads_.front().finished) == cudaSuccess) {
      cudaEventDestroy(uploads_.front().finished);
      pinned_->give(uploads_.front().block);
      uploads_.pop_front();
    }
    cudaGetLastError();  // cudaErrorNotReady is no error here
  }

  // Runs on a thread of the driver, which may not call CUDA.
  static void CUDART_CB finish_download(cudaStream_t, cudaError_t status, void* argument) {
    std::unique_ptr<Finished> finished(static_cast<Finished*>(argument));
    Download result;
    if (status != cudaSuccess) result.error = std::string("internal: cuda: ") + cudaGetErrorString(status);
    result.bytes = finished->block.data;
    result.size = finished->size;
    result.owner = std::shared_ptr<void>(finished->block.data, [pool = finished->pool, block = finished->block](void*) { pool->give(block); });
    finished->done(std::move(result));
  }

  const int ordinal_;
  cudaStream_t stream_ = nullptr;
  CudaContext context_{false};
  std::shared_ptr<PinnedPool> pinned_;
  std::unique_ptr<CudaRecording> recording_;  // while it records
  std::deque<InFlight> uploads_;
  std::vector<cudaEvent_t> marks_;
};

std::string version_text(int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); }

std::vector<CudaDeviceInfo> devices(std::string& reason, int& driver) {
  std::vector<CudaDeviceInfo> list;
  driver = 0;
  cudaDriverGetVersion(&driver);
  if (driver == 0) {
    reason = "there is no NVIDIA driver";
    return list;
  }
  if (driver / 1000 < CUDART_VERSION / 1000) {
    reason = "the NVIDIA driver supports CUDA " + version_text(driver) + ", and convolt's kernels need CUDA " +
             version_text(CUDART_VERSION / 1000 * 1000) + " (driver 580 or newer)";
    return list;
  }
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    cudaGetLastError();
    reason = std::string("no CUDA device can be used: ") + cudaGetErrorString(status);
    return list;
  }
  for (int i = 0; i < count; i++) {
    cudaDeviceProp properties;
    if (cudaGetDeviceProperties(&properties, i) != cudaSuccess) continue;
    list.push_back({properties.name, properties.major, properties.minor, properties.multiProcessorCount, properties.totalGlobalMem});
  }
  if (list.empty()) reason = "there is no CUDA device";
  return list;
}

std::unique_ptr<Device> open(int ordinal) { return std::make_unique<CudaDevice>(ordinal); }

constexpr const char* toolkit_version() {
#define CONVOLT_TEXT(x) #x
#define CONVOLT_VALUE(x) CONVOLT_TEXT(x)
  return CONVOLT_VALUE(__CUDACC_VER_MAJOR__) "." CONVOLT_VALUE(__CUDACC_VER_MINOR__);
}

}  // namespace
}  // namespace convolt

extern "C" __attribute__((visibility("default"))) const convolt::Sidecar* convolt_sidecar() {
  static const convolt::Sidecar sidecar = {CONVOLT_VERSION,       convolt::toolkit_version(), CONVOLT_CUDA_ARCHITECTURES,
                                           convolt::cuda::kernels, convolt::devices,           convolt::open};
  return &sidecar;
}
