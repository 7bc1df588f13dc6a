// The only header that a kernel file includes. Under nvcc it is CUDA; under a host compiler it is the
// emulated device. Kernels are started with launch(), keep static shared memory in SHARED_ARRAY, and reach
// nothing of the GPU that is not named here.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

// What the code being compiled may use: 80 for compute capability 8.0. Primitives that need more trap.
#if defined(__CUDA_ARCH__)
constexpr int kDeviceArchitecture = __CUDA_ARCH__ / 10;
#else
constexpr int kDeviceArchitecture = 0;
#endif

#define SHARED_ARRAY(T, name, extents) __shared__ __align__(16) T name extents
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
// As tiles of tensor copies want it; a kernel that has it has no SHARED_ARRAY.
#define DYNAMIC_SHARED_1024(name) extern __shared__ __align__(1024) unsigned char name[]
#define UNROLL _Pragma("unroll")

template <class T>
struct unchanged {
  using type = T;
};

// Starts a kernel on a stream. Arguments are converted to the kernel's parameter types.
template <class... Params>
void launch(void (*kernel)(Params...), dim3 grid, dim3 block, size_t shared_bytes, void* stream,
            typename unchanged<Params>::type... arguments) {
  constexpr size_t without_opt_in = 48 * 1024;
  if (shared_bytes > without_opt_in)
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(shared_bytes));
  kernel<<<grid, block, shared_bytes, static_cast<cudaStream_t>(stream)>>>(arguments...);
  cudaError_t status = cudaGetLastError();
  if (status != cudaSuccess) throw std::runtime_error(std::string("internal: kernel launch: ") + cudaGetErrorString(status));
}

constexpr bool kEmulated = false;

// Of the device that launches go to.
inline int multiprocessors() {
  int device = 0, count = 1;
  cudaGetDevice(&device);
  cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
  return count;
}

// Of the device that launches go to: 80 for 8.0.
inline int compute_capability() {
  int device = 0, major = 0, minor = 0;
  cudaGetDevice(&device);
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  return 10 * major + minor;
}

#else

#include "emulator.h"
#define UNROLL _Pragma("GCC unroll 8")

#endif

#define DEV __device__ __forceinline__
