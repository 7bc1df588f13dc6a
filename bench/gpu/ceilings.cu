// The copy that the driver makes between two blocks of device memory: a ceiling for what memory bounds. Prints
// {"bytesPerSecond"}, the bytes read and written, by the median of several copies. Built by scripts/bench_gpu.mjs.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

static void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  fprintf(stderr, "ceilings: %s: %s\n", what, cudaGetErrorString(status));
  exit(1);
}

// Words without a pattern: memory may treat zeros better than others.
static __global__ void fill(unsigned* words, size_t count) {
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += size_t(gridDim.x) * blockDim.x)
    words[i] = unsigned(i) * 2654435761u ^ unsigned(i >> 7);
}

int main() {
  constexpr size_t bytes = size_t(2) << 30;
  constexpr int warm_up = 3, runs = 21;
  void *from, *to;
  check(cudaMalloc(&from, bytes), "cudaMalloc");
  check(cudaMalloc(&to, bytes), "cudaMalloc");
  fill<<<1024, 256>>>(static_cast<unsigned*>(from), bytes / sizeof(unsigned));
  check(cudaGetLastError(), "fill");
  std::vector<cudaEvent_t> marks(runs + 1);
  for (cudaEvent_t& mark : marks) check(cudaEventCreate(&mark), "cudaEventCreate");
  for (int i = 0; i < warm_up; i++) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice), "copy");
  check(cudaEventRecord(marks[0]), "cudaEventRecord");
  for (int i = 0; i < runs; i++) {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice), "copy");
    check(cudaEventRecord(marks[i + 1]), "cudaEventRecord");
  }
  check(cudaDeviceSynchronize(), "copy");
  std::vector<float> times(runs);
  for (int i = 0; i < runs; i++) check(cudaEventElapsedTime(&times[i], marks[i], marks[i + 1]), "cudaEventElapsedTime");
  std::sort(times.begin(), times.end());
  printf("{\"bytesPerSecond\":%.6g}\n", 2.0 * double(bytes) / (times[runs / 2] * 1e-3));
}
