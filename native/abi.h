// What an op sees of the runtime: buffers, and a context to get scratch memory from. Shared by the
// CPU ops and the CUDA kernels; knows nothing of Node-API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace convolt {

enum class DType : uint8_t { f32, i32, u8, bf16, f16 };

constexpr size_t bytes_of(DType t) { return t == DType::u8 ? 1 : t == DType::bf16 || t == DType::f16 ? 2 : 4; }
constexpr bool is_half(DType t) { return t == DType::bf16 || t == DType::f16; }
constexpr bool is_float(DType t) { return t == DType::f32 || is_half(t); }

// A dense tensor in device memory. An optional input that was left out has data == nullptr.
struct Buf {
  void* data = nullptr;
  int64_t numel = 0;
  DType dtype = DType::f32;

  template <class T>
  T* as() const { return static_cast<T*>(data); }
};

using Bufs = std::span<const Buf>;

// One op call on one stream. Commands of a stream run in the order in which they were given.
class Context {
 public:
  void* stream = nullptr;  // a cudaStream_t on cuda; unused on cpu and emu

  // Device memory for this op call alone, 256-byte aligned, contents undefined. Throws std::bad_alloc.
  virtual void* scratch(size_t bytes) = 0;

  template <class T>
  T* scratch_array(int64_t count) { return static_cast<T*>(scratch(size_t(count) * sizeof(T))); }

 protected:
  ~Context() = default;
};

}  // namespace convolt
