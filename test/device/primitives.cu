// Runs each instruction that a kernel reaches through cuda/device once or more, on the emulated device or, compiled by
// nvcc, on a GPU, and prints a JSON object a line: {"name": …, "inputs": {name: [words]}, "output": [words]}. Registers are
// listed lane by lane. primitives.test.ts knows what has to come out.
#include <cstdio>
#include <cstring>
#include <vector>

#include "device/async_copy.cuh"
#include "device/ldmatrix.cuh"
#include "device/mma.cuh"
#include "device/named_barrier.cuh"
#include "device/wgmma.cuh"

namespace {

using Words = std::vector<uint32_t>;

constexpr int kTileBytes = 64 * kSwizzledRow;

// ---- kernels: one warp; a register r of lane l at [l][r] ----

__global__ void copy_kernel(const uint32_t* source, const uint32_t* valid, uint32_t* y) {
  SHARED_ARRAY(uint32_t, s, [32][4]);
  const int lane = threadIdx.x;
  cp_async_16(s[lane], source + 4 * lane, valid[lane] != 0);
  cp_async_commit();
  cp_async_wait<0>();
  __syncthreads();
  for (int i = 0; i < 4; i++) y[4 * lane + i] = s[31 - lane][i];
}

// Two groups: the first has arrived when one may still be on its way.
__global__ void groups_kernel(const uint32_t* source, uint32_t* y) {
  SHARED_ARRAY(uint32_t, s, [2][32][4]);
  const int lane = threadIdx.x;
  for (int group = 0; group < 2; group++) {
    cp_async_16(s[group][lane], source + 4 * (32 * group + lane), true);
    cp_async_commit();
  }
  cp_async_wait<1>();
  __syncthreads();
  for (int i = 0; i < 4; i++) y[4 * lane + i] = s[0][31 - lane][i];
  cp_async_wait<0>();
  __syncthreads();
  for (int i = 0; i < 4; i++) y[128 + 4 * lane + i] = s[1][31 - lane][i];
}

template <bool TRANSPOSED>
__global__ void ldmatrix_kernel(const uint32_t* rows, uint32_t* y) {
  SHARED_ARRAY(uint32_t, s, [32][4]);
  const int lane = threadIdx.x;
  for (int i = 0; i < 4; i++) s[lane][i] = rows[4 * lane + i];
  __syncthreads();
  uint32_t fragment[4];
  if (TRANSPOSED) ldmatrix_x4_transposed(fragment, s[lane]);
  else ldmatrix_x4(fragment, s[lane]);
  for (int i = 0; i < 4; i++) y[4 * lane + i] = fragment[i];
}

DEV float float_from(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
DEV uint32_t bits_from(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// d [32][MI][NI][4] += a [32][MI][4] b [32][NI][2].
template <MmaType TYPE, int MI, int NI>
__global__ void mma_kernel(const uint32_t* a, const uint32_t* b, const uint32_t* d, uint32_t* y) {
  const int lane = threadIdx.x;
  uint32_t fragment_a[MI][4], fragment_b[NI][2];
  float sum[MI][NI][4];
  for (int i = 0; i < 4 * MI; i++) fragment_a[i / 4][i % 4] = a[4 * MI * lane + i];
  for (int i = 0; i < 2 * NI; i++) fragment_b[i / 2][i % 2] = b[2 * NI * lane + i];
  for (int i = 0; i < 4 * MI * NI; i++) sum[i / 4 / NI][i / 4 % NI][i % 4] = float_from(d[4 * MI * NI * lane + i]);
  mma_tile<TYPE, MI, NI>(sum, fragment_a, fragment_b);
  for (int i = 0; i < 4 * MI * NI; i++) y[4 * MI * NI * lane + i] = bits_from(sum[i / 4 / NI][i / 4 % NI][i % 4]);
}

__global__ void to_tf32_kernel(const uint32_t* x, uint32_t* y) { y[threadIdx.x] = to_tf32(x[threadIdx.x]); }

// ---- kernels of several warps ----

// Two groups of 64 threads turn rows of 64 numbers round, the second twice as many; each waits at a barrier of its own.
__global__ void named_barrier_kernel(const uint32_t* x, uint32_t* y) {
  SHARED_ARRAY(uint32_t, s, [2][64]);
  const int group = int(threadIdx.x) / 64, i = int(threadIdx.x) % 64, first = 2 * group, end = first + 2 * (group + 1);
  for (int row = first; row < end; row++) {
    s[group][i] = x[64 * row + i];
    named_barrier(1 + group, 64);
    y[64 * row + i] = s[group][63 - i];
    named_barrier(1 + group, 64);
  }
}

// ---- kernels for sm_90a: a warpgroup ----

// A tile as it lies in shared memory; load(to, arrived) begins its copy.
template <class Load>
__device__ void copied_tile(const Load& load, uint32_t* y) {
  DYNAMIC_SHARED_1024(shared);
  auto* const arrived = reinterpret_cast<Mbarrier*>(shared + kTileBytes);
  if (threadIdx.x == 0) {
    mbarrier_init(arrived, 1);
    mbarrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrier_arrive_expect(arrived, kTileBytes);
    load(shared, arrived);
  }
  mbarrier_wait(arrived, 0);
  for (int i = threadIdx.x; i < kTileBytes / 4; i += int(blockDim.x)) y[i] = reinterpret_cast<const uint32_t*>(shared)[i];
}

// The box that begins at (at[0], at[1]).
__global__ void tma_kernel(const __grid_constant__ TensorMap map, const uint32_t* at, uint32_t* y) {
  copied_tile([&](void* to, Mbarrier* arrived) { tma_load_2d(to, &map, int(at[0]), int(at[1]), arrived); }, y);
}

// at: channel, w, h, n, offset_w, offset_h.
__global__ void im2col_kernel(const __grid_constant__ TensorMap map, const uint32_t* at, uint32_t* y) {
  copied_tile(
      [&](void* to, Mbarrier* arrived) {
        tma_load_im2col(to, &map, int(at[0]), int(at[1]), int(at[2]), int(at[3]), int(at[4]), int(at[5]), arrived);
      },
      y);
}

// Half of the threads hand numbers to the other half, and get them back, over and over: each phase a barrier of its own parity.
__global__ void mbarrier_kernel(const uint32_t* x, uint32_t* y) {
  SHARED_ARRAY(Mbarrier, full, [1]);
  SHARED_ARRAY(Mbarrier, empty, [1]);
  SHARED_ARRAY(uint32_t, box, [64]);
  if (threadIdx.x == 0) {
    mbarrier_init(full, 64);
    mbarrier_init(empty, 64);
    mbarrier_init_fence();
  }
  __syncthreads();
  const int i = int(threadIdx.x) % 64;
  for (int round = 0; round < 4; round++) {
    if (threadIdx.x < 64) {
      mbarrier_wait(empty, (round + 1) % 2);
      box[i] = x[64 * round + i];
      mbarrier_arrive(full);
    } else {
      mbarrier_wait(full, round % 2);
      y[64 * round + i] = box[63 - i];
      mbarrier_arrive(empty);
    }
  }
}

// A matrix of 64 rows along k, or of 64 columns across it for each 64 rows.
template <WgmmaMajor MAJOR>
__device__ void load_operand(unsigned char* tile, const TensorMap* map, int rows, Mbarrier* arrived) {
  const int boxes = MAJOR == WgmmaMajor::k ? 1 : rows / 64;
  for (int box = 0; box < boxes; box++) tma_load_2d(tile + box * kTileBytes, map, 64 * box, 0, arrived);
}

// d [128][N / 2] (+)= a [64][64] b [N][64]: four steps of 16 along k, of matrices that TMA brings. Stored by mn, a is [k][64] and
// b [k][N].
template <MmaType TYPE, int N, WgmmaMajor A, WgmmaMajor B>
__global__ void wgmma_kernel(const __grid_constant__ TensorMap a, const __grid_constant__ TensorMap b, const uint32_t* d, uint32_t* y) {
  DYNAMIC_SHARED_1024(shared);
  unsigned char* const tile_b = shared + kTileBytes;
  auto* const arrived = reinterpret_cast<Mbarrier*>(tile_b + N * kSwizzledRow);
  if (threadIdx.x == 0) {
    mbarrier_init(arrived, 1);
    mbarrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrier_arrive_expect(arrived, kTileBytes + N * kSwizzledRow);
    load_operand<A>(shared, &a, 64, arrived);
    load_operand<B>(tile_b, &b, N, arrived);
  }
  mbarrier_wait(arrived, 0);
  float sums[N / 2];
  for (int i = 0; i < N / 2; i++) sums[i] = float_from(d[N / 2 * threadIdx.x + i]);
  wgmma_fence(sums);
  UNROLL
  for (int k = 0; k < 64; k += kWgmmaDepth) wgmma<TYPE, A, B>(sums, wgmma_descriptor<A>(shared, k), wgmma_descriptor<B>(tile_b, k), true);
  wgmma_commit();
  wgmma_wait<0>(sums);
  for (int i = 0; i < N / 2; i++) y[N / 2 * threadIdx.x + i] = bits_from(sums[i]);
}

// ---- device memory ----

#if defined(__CUDACC__)
void* allocate(size_t bytes) {
  void* block = nullptr;
  if (cudaMallocManaged(&block, bytes) != cudaSuccess) throw std::runtime_error("no device memory");
  return block;
}
void written(const void*, size_t) {}
void synchronize() {
  if (cudaDeviceSynchronize() != cudaSuccess) throw std::runtime_error(cudaGetErrorString(cudaGetLastError()));
}
#else
void* allocate(size_t bytes) { return emu::allocate(bytes); }
void written(const void* block, size_t bytes) { emu::note_host_access(block, bytes, true); }
void synchronize() {}
#endif

// ---- inputs and outputs ----

uint32_t random_word() {  // xorshift32
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

// Random numbers from -2 to 2 in the type's bits; two of 16 bits to a word.
Words random_operand(MmaType type, int words) {
  Words result;
  auto half = [&] {  // sign, exponent of 0.125 to 1 and the mantissa
    const uint32_t r = random_word() >> 8, sign = (r & 1) << 15;
    return type == MmaType::bf16 ? sign | (124 + (r >> 1 & 3)) << 7 | (r >> 3 & 0x7f) : sign | (12 + (r >> 1 & 3)) << 10 | (r >> 3 & 0x3ff);
  };
  for (int i = 0; i < words; i++) {
    if (type == MmaType::tf32) result.push_back((random_word() & 0x807fffff) | (124 + (random_word() >> 20 & 3)) << 23);
    else result.push_back(half() | half() << 16);
  }
  return result;
}

Words random_words(int words) {
  Words result;
  for (int i = 0; i < words; i++) result.push_back(random_word());
  return result;
}

struct Input {
  const char* name;
  Words words;
};

uint32_t* upload(const Words& words) {
  auto* block = static_cast<uint32_t*>(allocate(words.size() * 4));
  memcpy(block, words.data(), words.size() * 4);
  written(block, words.size() * 4);
  return block;
}

void print_words(const Words& words) {
  printf("[");
  for (size_t i = 0; i < words.size(); i++) printf("%s%u", i > 0 ? "," : "", words[i]);
  printf("]");
}

void print_run(const char* name, const std::vector<Input>& inputs, const uint32_t* y, int outputs) {
  printf("{\"name\":\"%s\",\"inputs\":{", name);
  for (size_t i = 0; i < inputs.size(); i++) {
    printf("%s\"%s\":", i > 0 ? "," : "", inputs[i].name);
    print_words(inputs[i].words);
  }
  printf("},\"output\":");
  print_words(Words(y, y + outputs));
  printf("}\n");
}

// Starts one warp, or some threads, with the inputs and room for the output, and prints all of them.
template <class... Pointers>
void run(const char* name, void (*kernel)(Pointers...), int outputs, const std::vector<Input>& inputs, int threads = 32) {
  auto* y = static_cast<uint32_t*>(allocate(size_t(outputs) * 4));
  std::vector<uint32_t*> blocks;
  for (const Input& input : inputs) blocks.push_back(upload(input.words));
  blocks.push_back(y);
  auto start = [&]<size_t... I>(std::index_sequence<I...>) { launch(kernel, 1, unsigned(threads), 0, nullptr, blocks[I]...); };
  start(std::index_sequence_for<Pointers...>());
  synchronize();
  print_run(name, inputs, y, outputs);
}

// Whether the device has the instructions of sm_90a: emulated ones are always there.
bool has_tensor_maps() {
#if defined(__CUDACC__)
  return compute_capability() == 90;
#else
  return true;
#endif
}

// A matrix [70][80] of words' halves, in a box of 64 x 64.
void run_tma(const char* name, int x, int y_from) {
  const Input matrix{"matrix", random_words(70 * 80 / 2)}, at{"at", {uint32_t(x), uint32_t(y_from)}};
  const TensorMap map = tensor_map(MatrixMap{TensorElement::bf16, upload(matrix.words), 70, 80, 80, 64, 64});
  auto* y = static_cast<uint32_t*>(allocate(kTileBytes));
  launch(tma_kernel, 1, kWarpgroup, kTileBytes + sizeof(Mbarrier), nullptr, map, upload(at.words), y);
  synchronize();
  print_run(name, {matrix, at}, y, kTileBytes / 4);
}

// Images [3,6,7,72] by a 3 x 3 kernel with padding 1 and a stride: 64 windows from the one at `at` on.
void run_im2col(const char* name, int stride, const Words& where) {
  const Input images{"images", random_words(3 * 6 * 7 * 72 / 2)}, at{"at", where};
  const TensorMap map = tensor_map(ImageMap{.element = TensorElement::bf16, .data = upload(images.words), .n = 3, .h = 6, .w = 7, .c = 72,
                                            .before_h = 1, .before_w = 1, .last_h = -1, .last_w = -1, .stride_h = stride, .stride_w = stride,
                                            .channels = 64, .pixels = 64});
  auto* y = static_cast<uint32_t*>(allocate(kTileBytes));
  launch(im2col_kernel, 1, kWarpgroup, kTileBytes + sizeof(Mbarrier), nullptr, map, upload(at.words), y);
  synchronize();
  print_run(name, {images, at}, y, kTileBytes / 4);
}

template <MmaType TYPE, int N, WgmmaMajor A = WgmmaMajor::k, WgmmaMajor B = WgmmaMajor::k>
void run_wgmma(const char* name) {
  const Input a{"a", random_operand(TYPE, 64 * 32)}, b{"b", random_operand(TYPE, N * 32)}, d{"d", random_operand(MmaType::tf32, kWarpgroup * N / 2)};
  const TensorElement element = TYPE == MmaType::bf16 ? TensorElement::bf16 : TensorElement::f16;
  const TensorMap map_a = tensor_map(MatrixMap{element, upload(a.words), 64, 64, 64, 64, 64});
  const bool by_k = B == WgmmaMajor::k;
  const TensorMap map_b = tensor_map(MatrixMap{element, upload(b.words), by_k ? N : 64, by_k ? 64 : N, by_k ? 64 : N, by_k ? N : 64, 64});
  auto* y = static_cast<uint32_t*>(allocate(kWarpgroup * N / 2 * 4));
  launch(wgmma_kernel<TYPE, N, A, B>, 1, kWarpgroup, kTileBytes + N * kSwizzledRow + sizeof(Mbarrier), nullptr, map_a, map_b, upload(d.words), y);
  synchronize();
  print_run(name, {a, b, d}, y, kWarpgroup * N / 2);
}

template <MmaType TYPE, int MI, int NI>
void run_mma(const char* name) {
  for (int repeat = 0; repeat < 4; repeat++)
    run(name, mma_kernel<TYPE, MI, NI>, 128 * MI * NI,
        {{"a", random_operand(TYPE, 128 * MI)}, {"b", random_operand(TYPE, 64 * NI)}, {"d", random_operand(MmaType::tf32, 128 * MI * NI)}});
}

}  // namespace

int main() {
  Words valid;
  for (int i = 0; i < 32; i++) valid.push_back(random_word() >> 16 & 1);
  run("cp_async_16", copy_kernel, 128, {{"source", random_words(128)}, {"valid", valid}});
  run("cp_async_wait", groups_kernel, 256, {{"source", random_words(256)}});
  run("ldmatrix_x4", ldmatrix_kernel<false>, 128, {{"rows", random_words(128)}});
  run("ldmatrix_x4_transposed", ldmatrix_kernel<true>, 128, {{"rows", random_words(128)}});
  run_mma<MmaType::bf16, 1, 1>("mma bf16 1x1");
  run_mma<MmaType::f16, 1, 1>("mma f16 1x1");
  run_mma<MmaType::tf32, 1, 1>("mma tf32 1x1");
  run_mma<MmaType::bf16, 2, 3>("mma bf16 2x3");
  run_mma<MmaType::tf32, 3, 2>("mma tf32 3x2");
  Words numbers = random_operand(MmaType::tf32, 24);
  for (uint32_t special : {0x00000000u, 0x80000000u, 0x7f800000u, 0xff800000u, 0x3f801000u, 0x3f800fffu, 0xbf803000u, 0x3ffff000u}) numbers.push_back(special);
  run("to_tf32", to_tf32_kernel, 32, {{"x", numbers}});
  run("named_barrier", named_barrier_kernel, 384, {{"x", random_words(384)}}, 128);
  if (!has_tensor_maps()) return 0;
  run("mbarrier", mbarrier_kernel, 256, {{"x", random_words(256)}}, kWarpgroup);
  run_tma("tma_load_2d inside", 0, 0);
  run_tma("tma_load_2d over the end", 40, 30);
  run_tma("tma_load_2d before the beginning", -5, -3);
  run_im2col("tma_load_im2col 1", 1, {0, uint32_t(-1), uint32_t(-1), 0, 0, 0});
  run_im2col("tma_load_im2col 1", 1, {64, 3, 2, 1, 2, 1});
  run_im2col("tma_load_im2col 2", 2, {0, 1, uint32_t(-1), 0, 1, 2});
  run_wgmma<MmaType::bf16, 64>("wgmma bf16 64");
  run_wgmma<MmaType::f16, 64>("wgmma f16 64");
  run_wgmma<MmaType::bf16, 128>("wgmma bf16 128");
  run_wgmma<MmaType::f16, 64, WgmmaMajor::mn, WgmmaMajor::k>("wgmma f16 64 mn k");
  run_wgmma<MmaType::bf16, 128, WgmmaMajor::k, WgmmaMajor::mn>("wgmma bf16 128 k mn");
  run_wgmma<MmaType::bf16, 128, WgmmaMajor::mn, WgmmaMajor::mn>("wgmma bf16 128 mn mn");
}
