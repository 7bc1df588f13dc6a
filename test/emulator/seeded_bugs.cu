// Kernels with one bug each, and correct twins of some: what the emulator's checkers must find, and must not.
// seeded_bugs.cc runs them; each writes y[thread] = thread where its bug does no visible harm.
#include "seeded_bugs.h"

#include "device/async_copy.cuh"
#include "device/ldmatrix.cuh"
#include "device/mma.cuh"
#include "device/named_barrier.cuh"
#include "device/wgmma.cuh"

namespace {

DEV float element(const float* array, int i) { return array[i]; }

// ---- overruns ----

__global__ void shared_overrun(float* y, int last) {
  SHARED_ARRAY(float, s, [64]);
  const int t = threadIdx.x;
  s[t] = float(t);
  __syncthreads();
  y[t] = element(s, t == last ? 64 : t) * 0 + float(t);
}

__global__ void shared_row_overrun(float* y, int column) {  // into the next row: inside the array, wrong all the same
  SHARED_ARRAY(float, s, [8][9]);
  const int t = threadIdx.x;
  s[t / 8][t % 8] = float(t);
  __syncthreads();
  y[t] = element(&s[t / 8][0], t == 5 ? column : t % 8) * 0 + float(t);
}

__global__ void dynamic_shared_overrun(float* y, int last) {
  DYNAMIC_SHARED(raw);
  float* s = reinterpret_cast<float*>(raw);
  const int t = threadIdx.x;
  s[t] = float(t);
  __syncthreads();
  y[t] = s[t == last ? 64 : t] * 0 + float(t);
}

__global__ void global_read_overrun(const float* x, float* y) { y[threadIdx.x] = x[threadIdx.x + 1] * 0 + float(threadIdx.x); }

__global__ void global_write_before(float* x, float* y) {
  if (threadIdx.x == 0) x[-1] = 3;
  y[threadIdx.x] = float(threadIdx.x);
}

__global__ void use_after_free(const float* x, float* y) { y[threadIdx.x] = x[threadIdx.x] * 0 + float(threadIdx.x); }

__global__ void misaligned_vector(const float* x, float* y) {
  const float4 v = reinterpret_cast<const float4*>(x + 1)[threadIdx.x];
  y[threadIdx.x] = v.x * 0 + float(threadIdx.x);
}

__global__ void index_overflow(float* y, int big) {
  const int i = int(threadIdx.x) * big;
  y[threadIdx.x] = i == 12345 ? 1.0f : float(threadIdx.x);
}

// ---- barriers ----

__global__ void missing_barrier(float* y) {
  SHARED_ARRAY(float, s, [256]);
  const int t = threadIdx.x;
  s[t] = float(255 - t);
  y[t] = s[255 - t];
}

__global__ void missing_second_barrier(float* y) {
  SHARED_ARRAY(float, s, [256]);
  const int t = threadIdx.x;
  float sum = 0;
  for (int i = 0; i < 4; i++) {
    s[t] = float(255 - t);
    __syncthreads();
    sum += s[255 - t];
  }
  y[t] = sum / 4;
}

__global__ void early_exit(float* y, int n) {
  SHARED_ARRAY(float, s, [64]);
  const int t = threadIdx.x;
  if (t >= n) return;
  s[t] = float(t);
  __syncthreads();
  y[t] = s[t];
}

__global__ void barrier_in_both_branches(float* y) {
  SHARED_ARRAY(float, s, [64]);
  const int t = threadIdx.x;
  s[t] = float(t);
  if (t < 32) {
    __syncthreads();
    y[t] = s[t];
  } else {
    __syncthreads();
    y[t] = s[t] + 0.0f;
  }
}

__global__ void missing_syncwarp(float* y) {
  SHARED_ARRAY(float, s, [32]);
  const int t = threadIdx.x;
  s[t] = float(31 - t);
  y[t] = s[31 - t];
}

__global__ void shuffle_in_half_a_warp(float* y) {
  float value = float(threadIdx.x);
  if (threadIdx.x < 16) value += __shfl_xor_sync(~0u, value, 1) * 0;
  y[threadIdx.x] = value;
}

__global__ void shuffle_mask_without_caller(float* y) {
  float value = float(threadIdx.x);
  value += __shfl_xor_sync(0x0000ffffu, value, 1) * 0;
  y[threadIdx.x] = value;
}

// Each half of 128 threads turns its numbers round, or those of a half so many further on, with a barrier of its own between.
__global__ void reverses_halves(float* y, int threads, int further) {
  SHARED_ARRAY(float, s, [128]);
  const int t = threadIdx.x, half = t / 64, other = (half + further) % 2;
  for (int i = 0; i < 4; i++) {
    s[t] = float(t);
    named_barrier(1 + half, threads);
    y[t] = s[64 * other + 63 - t % 64] * 0 + float(t);
    named_barrier(1 + half, threads);
  }
}

// ---- memory that nothing wrote, and races between blocks ----

__global__ void uninitialised_shared(float* y) {
  SHARED_ARRAY(float, s, [65]);
  const int t = threadIdx.x;
  s[t] = float(t);
  __syncthreads();
  y[t] = fmaxf(s[t], s[64]);  // the NaN of poisoned memory does not get through fmaxf
}

__global__ void uninitialised_global(float* y) { y[threadIdx.x] = fmaxf(y[threadIdx.x], float(threadIdx.x)); }

__global__ void race_between_blocks(float* y) {
  if (threadIdx.x == 0) y[0] += 0.0f;
}

// ---- asynchronous copies and matrices of a warp ----

// Each thread copies 16 bytes of x to s. Waits and barriers come where they are wanted.
template <bool WAITS, bool MEETS>
__global__ void copies(float* y, const float* x) {
  SHARED_ARRAY(float, s, [64][4]);
  const int t = threadIdx.x;
  cp_async_16(s[t], x + 4 * t, true);
  cp_async_commit();
  if (WAITS) cp_async_wait<0>();
  if (MEETS) __syncthreads();
  y[t] = fmaxf(s[63 - t][0], float(t));
}

__global__ void overwrites_a_copy_that_is_read(float* y, const float* x) {
  SHARED_ARRAY(float, s, [64][4]);
  const int t = threadIdx.x;
  for (int i = 0; i < 2; i++) {
    cp_async_16(s[t], x + 4 * t, true);
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    y[t] = fmaxf(s[63 - t][0], float(t));
  }
}

__global__ void copies_past_the_end(float* y, const float* x) {
  SHARED_ARRAY(float, s, [64][4]);
  const int t = threadIdx.x;
  cp_async_16(s[t], x + 4 * t + 4, true);
  cp_async_commit();
  cp_async_wait<0>();
  y[t] = fmaxf(s[t][0], float(t));
}

__global__ void copies_off_alignment(float* y, const float* x) {
  SHARED_ARRAY(float, s, [64][4]);
  cp_async_16(s[threadIdx.x], x + 1, true);
  y[threadIdx.x] = float(threadIdx.x);
}

__global__ void loads_matrices_of_others(float* y, bool meets) {
  SHARED_ARRAY(uint32_t, s, [32][4]);
  const int t = threadIdx.x;
  for (int i = 0; i < 4; i++) s[t][i] = uint32_t(t);
  if (meets) __syncwarp();
  uint32_t fragment[4];
  ldmatrix_x4(fragment, s[31 - t]);
  y[t] = float(fragment[0]) * 0 + float(t);
}

__global__ void multiplies_in_half_a_warp(float* y) {
  float sum[4] = {};
  const uint32_t a[4] = {}, b[2] = {};
  if (threadIdx.x < 16) mma<MmaType::bf16>(sum, a, b);
  y[threadIdx.x] = float(threadIdx.x) + sum[0];
}

// ---- a warpgroup, and a thread that brings its matrices ----

enum class Bug { none, reads_before_full, fills_before_empty, releases_too_early, expects_too_much, expects_too_little, no_fence, no_wait, off_alignment, not_made };

// Three steps through one stage: x x^T, x [64,64] of bf16. The last warp's first thread is the one that copies.
template <Bug BUG>
__global__ void multiplies_as_a_warpgroup(float* y, const __grid_constant__ TensorMap map) {
  DYNAMIC_SHARED_1024(shared);
  constexpr int bytes = 64 * kSwizzledRow, steps = 3;
  unsigned char* const tile = shared + (BUG == Bug::off_alignment ? kSwizzledRow : 0);
  auto *full = reinterpret_cast<Mbarrier*>(shared + 2 * bytes), *empty = full + 1;
  if (threadIdx.x == 0 && BUG != Bug::not_made) {
    mbarrier_init(full, 1);
    mbarrier_init(empty, 4);
    mbarrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x == kWarpgroup) {
    for (int step = 0; step < steps; step++) {
      if (BUG != Bug::fills_before_empty) mbarrier_wait(empty, (step + 1) % 2);
      mbarrier_arrive_expect(full, BUG == Bug::expects_too_much ? 2 * bytes : BUG == Bug::expects_too_little ? bytes / 2 : bytes);
      tma_load_2d(tile, &map, 0, 0, full);
    }
  }
  if (threadIdx.x >= kWarpgroup) return;
  float sums[32] = {};
  for (int step = 0; step < steps; step++) {
    if (BUG != Bug::reads_before_full) mbarrier_wait(full, step % 2);
    if (BUG != Bug::no_fence) wgmma_fence(sums);
    wgmma<MmaType::bf16>(sums, wgmma_descriptor(tile), wgmma_descriptor(tile), true);
    wgmma_commit();
    __syncwarp();
    if (BUG == Bug::releases_too_early && threadIdx.x % 32 == 0) mbarrier_arrive(empty);
    if (BUG != Bug::no_wait) wgmma_wait<0>(sums);
    __syncwarp();
    if (BUG != Bug::releases_too_early && threadIdx.x % 32 == 0) mbarrier_arrive(empty);
  }
  y[threadIdx.x] = sums[0] * 0 + float(threadIdx.x);
}

// x^T x, x [64,128] of bf16 with a row for each element of the depth, of which so many boxes of 64 columns are brought.
template <int BOXES>
__global__ void multiplies_across_the_depth(float* y, const __grid_constant__ TensorMap map) {
  DYNAMIC_SHARED_1024(shared);
  constexpr int bytes = 64 * kSwizzledRow;
  auto* const full = reinterpret_cast<Mbarrier*>(shared + 2 * bytes);
  if (threadIdx.x == 0) {
    mbarrier_init(full, 1);
    mbarrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrier_arrive_expect(full, BOXES * bytes);
    for (int box = 0; box < BOXES; box++) tma_load_2d(shared + box * bytes, &map, 64 * box, 0, full);
  }
  mbarrier_wait(full, 0);
  float sums[64] = {};
  wgmma_fence(sums);
  const uint64_t x = wgmma_descriptor<WgmmaMajor::mn>(shared);
  wgmma<MmaType::bf16, WgmmaMajor::mn, WgmmaMajor::mn>(sums, x, x, true);
  wgmma_commit();
  wgmma_wait<0>(sums);
  y[threadIdx.x] = sums[0] * 0 + float(threadIdx.x);
}

// ---- correct kernels ----

__global__ void reverses(float* y) {
  SHARED_ARRAY(float, s, [256]);
  const int t = threadIdx.x;
  for (int i = 0; i < 4; i++) {
    s[t] = float(255 - t);
    __syncthreads();
    y[t] = s[255 - t];
    __syncthreads();
  }
}

__global__ void reverses_a_warp(float* y) {
  SHARED_ARRAY(float, s, [32]);
  const int t = threadIdx.x;
  s[t] = float(31 - t);
  __syncwarp();
  y[t] = s[31 - t];
}

__global__ void warp_sums(float* y) {
  float value = 1;
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(~0u, value, offset);
  y[threadIdx.x] = value - 32 + float(threadIdx.x);
}

__global__ void counts_atomically(int* count, float* y) {
  atomicAdd(count, 1);
  if (blockIdx.x == 0) y[threadIdx.x] = float(threadIdx.x);
}

__global__ void uses_dynamic_shared(float* y) {
  DYNAMIC_SHARED(raw);
  float* s = reinterpret_cast<float*>(raw);
  s[threadIdx.x] = float(threadIdx.x);
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x];
}

__global__ void two_dimensions(float* y) {
  const int t = threadIdx.y * blockDim.x + threadIdx.x;
  y[t] = float(t);
}

// ---- how they are run ----

// Device memory for one run, zeroed unless it is to be uninitialised.
struct Array {
  float* data;
  explicit Array(int n, bool initialised = true) : data(static_cast<float*>(emu::allocate(size_t(n) * 4))) {
    if (!initialised) return;
    for (int i = 0; i < n; i++) data[i] = 0;
    emu::note_host_access(data, size_t(n) * 4, true);
  }
};

// Runs kernel(y, rest...) with one block of n threads.
template <class... Params, class... Rest>
void run(void (*kernel)(float*, Params...), int n, size_t shared, Rest... rest) {
  launch(kernel, 1, n, shared, nullptr, Array(n).data, rest...);
}

template <Bug BUG>
void run_warpgroup() {
  const TensorMap map = tensor_map(MatrixMap{TensorElement::bf16, Array(64 * 32).data, 64, 64, 64, 64, 64});
  launch(multiplies_as_a_warpgroup<BUG>, 1, kWarpgroup + 32, 3 * 64 * kSwizzledRow, nullptr, Array(kWarpgroup).data, map);
}

template <int BOXES>
void run_across_the_depth() {
  const TensorMap map = tensor_map(MatrixMap{TensorElement::bf16, Array(64 * 64).data, 64, 128, 128, 64, 64});
  launch(multiplies_across_the_depth<BOXES>, 1, kWarpgroup, 3 * 64 * kSwizzledRow, nullptr, Array(kWarpgroup).data, map);
}

// A table without a constructor: one would bring a lock, whose code the race build knows nothing of.
constexpr Case kCases[] = {
    {"shared array overrun", Finder::both, [] { run(shared_overrun, 64, 0, 63); }},
    {"dynamic shared overrun", Finder::both, [] { run(dynamic_shared_overrun, 64, 256, 63); }},
    {"read of a shared row's unwritten neighbour", Finder::race, [] { run(shared_row_overrun, 64, 0, 8); }},
    {"global read past the end", Finder::both, [] { launch(global_read_overrun, 1, 64, 0, nullptr, Array(64).data, Array(64).data); }},
    {"global write before the start", Finder::both, [] { launch(global_write_before, 1, 64, 0, nullptr, Array(64).data, Array(64).data); }},
    {"use after free", Finder::both,
     [] {
       Array x(64), y(64);
       emu::release(x.data);
       launch(use_after_free, 1, 64, 0, nullptr, x.data, y.data);
     }},
    {"misaligned float4", Finder::memory, [] { launch(misaligned_vector, 1, 16, 0, nullptr, Array(80).data, Array(16).data); }},
    {"overflow in an index", Finder::memory, [] { run(index_overflow, 64, 0, 1 << 27); }},
    {"missing barrier", Finder::race, [] { run(missing_barrier, 256, 0); }},
    {"missing second barrier in a loop", Finder::race, [] { run(missing_second_barrier, 256, 0); }},
    {"early exit before a barrier", Finder::both, [] { run(early_exit, 64, 0, 50); }},
    {"barriers in both branches", Finder::both, [] { run(barrier_in_both_branches, 64, 0); }},
    {"missing __syncwarp", Finder::race, [] { run(missing_syncwarp, 32, 0); }},
    {"named barrier of fewer threads than read", Finder::race, [] { run(reverses_halves, 128, 0, 32, 0); }},
    {"named barrier of others than those that read", Finder::race, [] { run(reverses_halves, 128, 0, 64, 1); }},
    {"named barrier of more threads than come", Finder::both, [] { run(reverses_halves, 128, 0, 96, 0); }},
    {"shuffle in half a warp", Finder::both, [] { run(shuffle_in_half_a_warp, 32, 0); }},
    {"shuffle mask without the caller", Finder::both, [] { run(shuffle_mask_without_caller, 32, 0); }},
    {"uninitialised shared memory", Finder::race, [] { run(uninitialised_shared, 64, 0); }},
    {"uninitialised global memory", Finder::race, [] { launch(uninitialised_global, 1, 64, 0, nullptr, Array(64, false).data); }},
    {"race between blocks", Finder::race, [] { launch(race_between_blocks, 8, 32, 0, nullptr, Array(32).data); }},
    {"more shared memory than a device has", Finder::both, [] { run(uses_dynamic_shared, 64, 300 << 10); }},
    {"asynchronous copy without a wait", Finder::race, [] { run(copies<false, true>, 64, 0, Array(256).data); }},
    {"asynchronous copy without a barrier", Finder::race, [] { run(copies<true, false>, 64, 0, Array(256).data); }},
    {"asynchronous copy onto what others read", Finder::race, [] { run(overwrites_a_copy_that_is_read, 64, 0, Array(256).data); }},
    {"asynchronous copy past the end", Finder::both, [] { run(copies_past_the_end, 64, 0, Array(256).data); }},
    {"asynchronous copy off its alignment", Finder::both, [] { run(copies_off_alignment, 64, 0, Array(256).data); }},
    {"ldmatrix of what others wrote, without a barrier", Finder::race, [] { run(loads_matrices_of_others, 32, 0, false); }},
    {"mma in half a warp", Finder::both, [] { run(multiplies_in_half_a_warp, 32, 0); }},
    {"tensor copy that is not waited for", Finder::race, run_warpgroup<Bug::reads_before_full>},
    {"tensor copy onto what is read", Finder::race, run_warpgroup<Bug::fills_before_empty>},
    {"stage that is released before its products end", Finder::race, run_warpgroup<Bug::releases_too_early>},
    {"mbarrier that expects bytes which do not come", Finder::both, run_warpgroup<Bug::expects_too_much>},
    {"mbarrier that gets bytes which it does not expect", Finder::both, run_warpgroup<Bug::expects_too_little>},
    {"wgmma without a fence", Finder::both, run_warpgroup<Bug::no_fence>},
    {"wgmma without a wait", Finder::both, run_warpgroup<Bug::no_wait>},
    {"tensor copy off its alignment", Finder::both, run_warpgroup<Bug::off_alignment>},
    {"mbarrier that was not made", Finder::both, run_warpgroup<Bug::not_made>},
    {"operand across the depth of which half was brought", Finder::race, run_across_the_depth<1>},
    {"correct: a warpgroup and its copies", Finder::none, run_warpgroup<Bug::none>},
    {"correct: an operand across the depth", Finder::none, run_across_the_depth<2>},
    {"correct: asynchronous copy", Finder::none, [] { run(copies<true, true>, 64, 0, Array(256).data); }},
    {"correct: ldmatrix", Finder::none, [] { run(loads_matrices_of_others, 32, 0, true); }},
    {"correct: reverses a block", Finder::none, [] { run(reverses, 256, 0); }},
    {"correct: reverses a warp", Finder::none, [] { run(reverses_a_warp, 32, 0); }},
    {"correct: reverses halves of a block", Finder::none, [] { run(reverses_halves, 128, 0, 64, 0); }},
    {"correct: warp sums", Finder::none, [] { run(warp_sums, 64, 0); }},
    {"correct: dynamic shared memory", Finder::none, [] { run(uses_dynamic_shared, 64, 100 << 10); }},
    {"correct: two dimensions", Finder::none, [] { launch(two_dimensions, 1, dim3(16, 4), 0, nullptr, Array(64).data); }},
    {"correct: atomic count in several blocks", Finder::none,
     [] { launch(counts_atomically, 8, 32, 0, nullptr, reinterpret_cast<int*>(Array(1).data), Array(32).data); }},
};

}  // namespace

std::span<const Case> cases() { return kCases; }
