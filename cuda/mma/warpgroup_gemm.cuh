// Products on the tensor cores of Hopper (sm_90a): sums over k of a(i, k) * b(k, j), in float32, of operands in 16 bits that the
// tensor memory accelerator brings. Never run on hardware so far: `algorithm: 'wgmma'` asks for it, and nothing else does.
//
// Algorithm  a block has three warpgroups. One thread of the first keeps kStages steps of 64 along the depth on their way: the
//            tensor memory accelerator brings a tile of a and one of b, swizzled, to shared memory, and an mbarrier counts
//            their bytes. The other two warpgroups make 64 rows each of a tile 128 x 128 of y by wgmma, and hand stages back
//            through a second mbarrier. Blocks are as many as multiprocessors, and each goes from tile to tile: while sums
//            leave through shared memory, the next tile's operands come.
//            Operands may be stored along the depth or across it. Where y has tiles for half of a GPU or less the depth is split,
//            by the shape alone; the splits' sums go to scratch memory and are added in order, so results repeat bit for bit.
// Bytes      a is read n / 128 times and b m / 128 times, from the L2 cache where they fit; y is written once.
// Bound by   the tensor cores for a large depth, memory for a small one.
#pragma once

#include "device/named_barrier.cuh"
#include "device/wgmma.cuh"
#include "mma/gemm.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace warpgroups {

constexpr int kTileM = 128, kTileN = 128, kStepDepth = 64, kStages = 4;
constexpr int kConsumers = kTileM / kWgmmaRows, kConsumerWarps = kConsumers * 4, kThreads = (1 + kConsumers) * kWarpgroup;
constexpr int kBytesA = kTileM * kSwizzledRow, kStageBytes = kBytesA + kTileN * kSwizzledRow;
constexpr int kBoxColumns = 64, kBoxBytes = kStepDepth * kSwizzledRow;  // of a tile that is stored across the depth, two boxes
constexpr int kSums = kTileN / 2;                                       // of a thread
constexpr int kPitch = kTileN + 8, kWarpRows = 16;                      // a warp's sums, laid out
constexpr int kStagedBytes = kConsumerWarps * kWarpRows * kPitch * int(sizeof(float));
constexpr int kSharedBytes = kStages * kStageBytes + kStagedBytes + 2 * kStages * int(sizeof(Mbarrier));

// Operands: load() starts the copy of a tile, rows of a or columns of b from `first` on, at one step of the depth.

// A matrix whose rows run along the depth.
struct MatrixRows {
  static constexpr WgmmaMajor kMajor = WgmmaMajor::k;
  TensorMap map;

  DEV void load(unsigned char* tile, int step, int first, Mbarrier* arrived) const { tma_load_2d(tile, &map, step * kStepDepth, first, arrived); }
};

// A matrix with a row for each element of the depth.
struct MatrixColumns {
  static constexpr WgmmaMajor kMajor = WgmmaMajor::mn;
  TensorMap map;

  DEV void load(unsigned char* tile, int step, int first, Mbarrier* arrived) const {
    for (int box = 0; box < 2; box++) tma_load_2d(tile + box * kBoxBytes, &map, first + box * kBoxColumns, step * kStepDepth, arrived);
  }
};

// What a block does at once: a tile of one of a launch's products, y [m,n], over some steps of its depth.
struct Task {
  int product, m, n;
  int first_m, first_n;
  int split, first_step, steps;
};

struct Extents {
  int m, n, steps;
  int splits = 1, steps_per_split = steps;

  HOST_DEVICE int tiles_n() const { return (n + kTileN - 1) / kTileN; }
  HOST_DEVICE int tiles() const { return (m + kTileM - 1) / kTileM * tiles_n(); }
};

// The products of a launch have tasks() and task(index), count(), and [i]: a, b and where y's rows begin. This is but one, whose
// depth may be in splits.
template <class OperandA, class OperandB>
struct OneProduct {
  using A = OperandA;
  using B = OperandB;

  A a;
  B b;
  EvenRows rows;
  Extents extents;

  HOST_DEVICE int tasks() const { return extents.tiles() * extents.splits; }
  DEV Task task(int index) const {
    const auto [m, n, steps, splits, steps_per_split] = extents;
    const int tiles = extents.tiles(), tiles_n = extents.tiles_n();
    const int tile = index % tiles, split = index / tiles, first = split * steps_per_split, left = steps - first;
    return {0, m, n, tile / tiles_n * kTileM, tile % tiles_n * kTileN, split, first, left < steps_per_split ? left : steps_per_split};
  }
  DEV int count() const { return 1; }
  DEV const OneProduct& operator[](int) const { return *this; }
};

// The stages through which operands come, and who may use them.
struct Pipeline {
  unsigned char* stages;
  Mbarrier *full, *empty;

  DEV unsigned char* stage(int step) const { return stages + step % kStages * kStageBytes; }
  DEV void wait_until_full(int step) const { mbarrier_wait(full + step % kStages, step / kStages % 2); }
  DEV void wait_until_empty(int step) const { mbarrier_wait(empty + step % kStages, (step / kStages + 1) % 2); }

  // Says of a warp that it has read the stage.
  DEV void release(int step) const {
    __syncwarp();
    if (threadIdx.x % 32 == 0) mbarrier_arrive(empty + step % kStages);
  }
};

// One thread brings what all tasks of the block need.
template <class Products>
DEV void produce(const Products& products, const Pipeline& pipeline) {
  int step = 0;
  for (int index = int(blockIdx.x); index < products.tasks(); index += int(gridDim.x)) {
    const Task task = products.task(index);
    const auto& product = products[task.product];
    for (int i = 0; i < task.steps; i++, step++) {
      pipeline.wait_until_empty(step);
      Mbarrier* const arrived = pipeline.full + step % kStages;
      mbarrier_arrive_expect(arrived, kStageBytes);
      product.a.load(pipeline.stage(step), task.first_step + i, task.first_m, arrived);
      product.b.load(pipeline.stage(step) + kBytesA, task.first_step + i, task.first_n, arrived);
    }
  }
}

// Writes the sums of a warp, 16 rows from `first_m` on. staged: room for the warp's [kWarpRows][kPitch].
template <class Out, class Rows>
DEV void write_sums(const float (&sums)[kSums], float* staged, int first_m, const Task& task, const Rows& rows, const Epilogue<Out>& epilogue) {
  const int lane = threadIdx.x % 32;
  UNROLL
  for (int i = 0; i < kSums; i += 2) {
    const int row = lane / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + lane % 4 * 2;
    *reinterpret_cast<float2*>(staged + row * kPitch + column) = make_float2(sums[i], sums[i + 1]);
  }
  __syncwarp();
  constexpr int kVector = Epilogue<Out>::kVector, kVectorsPerRow = kTileN / kVector;
  const int64_t first_of_split = int64_t(task.split) * task.m * task.n;
  for (int v = lane; v < kWarpRows * kVectorsPerRow; v += 32) {
    const int row = v / kVectorsPerRow, column = v % kVectorsPerRow * kVector, i = first_m + row, j = task.first_n + column;
    if (i >= task.m || j >= task.n) continue;
    float values[kVector];
    load_staged(values, staged + row * kPitch + column);
    epilogue.write(values, first_of_split + rows.place(i) + j, j, task.n - j < kVector ? task.n - j : kVector);
  }
}

// Writes the moments of the columns of 64 rows that a warpgroup has laid out, each thread those of one: of the numbers that y
// holds, so with the bias and after rounding.
template <class T>
DEV void write_moments(const float* staged, int first_m, const Task& task, const Epilogue<T>& epilogue) {
  static_assert(kTileN == kWarpgroup);
  const int group = int(threadIdx.x) / kWarpgroup, column = int(threadIdx.x) % kWarpgroup, j = task.first_n + column;
  const int rows = task.m - first_m < kWgmmaRows ? task.m - first_m : kWgmmaRows;
  named_barrier(group, kWarpgroup);  // all four warps have laid theirs out
  if (rows > 0 && j < task.n) {
    const float added = epilogue.bias ? widen(epilogue.bias[j]) : 0.0f;
    epilogue.moments.data[int64_t(first_m / kWgmmaRows) * epilogue.moments.columns + j] =
        moments_of(0, rows, 1, [&](int row) { return widen(narrow<T>(staged[row * kPitch + column] + added)); });
  }
  named_barrier(group, kWarpgroup);  // before the next tile's sums
}

// A warpgroup makes its 64 rows of each tile of the block.
template <class T, class Products, class Out>
DEV void consume(const Products& products, const Pipeline& pipeline, float* all_staged, const Epilogue<Out>& epilogue) {
  constexpr WgmmaMajor A = Products::A::kMajor, B = Products::B::kMajor;
  const int consumer = int(threadIdx.x) / kWarpgroup - 1, warp = int(threadIdx.x) / 32 - 4;
  float *const of_group = all_staged + consumer * kWgmmaRows * kPitch, *const of_warp = all_staged + warp * kWarpRows * kPitch;
  int step = 0;
  for (int index = int(blockIdx.x); index < products.tasks(); index += int(gridDim.x)) {
    const Task task = products.task(index);
    float sums[kSums] = {};
    for (int i = 0; i < task.steps; i++, step++) {
      pipeline.wait_until_full(step);
      wgmma_fence(sums);
      // 64 rows of a begin 64 rows of 128 bytes further on, whichever way it is stored.
      const unsigned char *a = pipeline.stage(step) + consumer * kWgmmaRows * kSwizzledRow, *b = pipeline.stage(step) + kBytesA;
      UNROLL
      for (int k = 0; k < kStepDepth; k += kWgmmaDepth)
        wgmma<kMmaType<T>, A, B>(sums, wgmma_descriptor<A>(a, k), wgmma_descriptor<B>(b, k), true);
      wgmma_commit();
      wgmma_wait<1>(sums);
      if (i > 0) pipeline.release(step - 1);  // one product runs on while the next stage is waited for
    }
    wgmma_wait<0>(sums);
    if (task.steps > 0) pipeline.release(step - 1);
    const int first_m = task.first_m + consumer * kWgmmaRows;
    write_sums(sums, of_warp, first_m + warp % 4 * kWarpRows, task, products[task.product].rows, epilogue);
    if (epilogue.moments.data) write_moments(of_group, first_m, task, epilogue);
    else __syncwarp();  // before the next tile's sums
  }
}

template <class T, class Products, class Out>
__global__ void __launch_bounds__(kThreads, 1) wgmma_product_kernel(const __grid_constant__ Products products, Epilogue<Out> epilogue) {
  DYNAMIC_SHARED_1024(shared);
  auto* const staged = reinterpret_cast<float*>(shared + kStages * kStageBytes);
  auto* const barriers = reinterpret_cast<Mbarrier*>(shared + kStages * kStageBytes + kStagedBytes);
  const Pipeline pipeline{shared, barriers, barriers + kStages};
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < kStages; stage++) {
      mbarrier_init(pipeline.full + stage, 1);
      mbarrier_init(pipeline.empty + stage, kConsumerWarps);
    }
    mbarrier_init_fence();
    for (int i = 0; i < products.count(); i++) {
      prefetch_tensor_map(&products[i].a.map);
      prefetch_tensor_map(&products[i].b.map);
    }
  }
  __syncthreads();
  if (threadIdx.x >= kWarpgroup) consume<T>(products, pipeline, staged, epilogue);
  else if (threadIdx.x == 0) produce(products, pipeline);
}

template <class T>
constexpr TensorElement kTensorElement = kMmaType<T> == MmaType::bf16 ? TensorElement::bf16 : TensorElement::f16;

// A matrix [rows,columns], as an operand whose depth runs along the rows.
template <class T>
MatrixRows matrix_rows(const T* data, int rows, int columns) {
  return {tensor_map(MatrixMap{kTensorElement<T>, data, rows, columns, columns, kTileM, kStepDepth})};
}

// A matrix [rows,columns], as an operand whose depth are the rows.
template <class T>
MatrixColumns matrix_columns(const T* data, int rows, int columns) {
  return {tensor_map(MatrixMap{kTensorElement<T>, data, rows, columns, columns, kStepDepth, kBoxColumns})};
}

// May a matrix with rows of so many elements be an operand?
template <class T>
bool in_tensor_map(const T* data, int columns) {
  return columns % kChunk<T> == 0 && aligned_to_chunks(data);
}

inline int steps_of(int depth) { return (depth + kStepDepth - 1) / kStepDepth; }

// Sums of a split lie behind those of the one before.
template <class T, class Products, class Out>
void run_products(Context& ctx, const Products& products, const Epilogue<Out>& epilogue) {
  constexpr size_t most_bytes = 4096;  // of a kernel's arguments
  static_assert(sizeof(Products) + sizeof(Epilogue<Out>) <= most_bytes);
  const int tasks = products.tasks(), blocks = tasks < multiprocessors() ? tasks : multiprocessors();
  launch(wgmma_product_kernel<T, Products, Out>, unsigned(blocks), kThreads, kSharedBytes, ctx.stream, products, epilogue);
}

// As many splits as make no more tasks than a large GPU has multiprocessors: one more would take all of them another round.
inline Extents in_splits(int m, int n, int steps) {
  constexpr int most_tasks = 128, least_steps = 8;
  Extents extents{m, n, steps};
  const int wanted = most_tasks / extents.tiles(), most = steps / least_steps, splits = wanted < most ? wanted : most;
  if (splits < 2) return extents;
  extents.steps_per_split = (steps + splits - 1) / splits;
  extents.splits = (steps + extents.steps_per_split - 1) / extents.steps_per_split;
  return extents;
}

}  // namespace warpgroups

// y [m,n] = epilogue of a [m,depth] b [depth,n], in `steps` steps of the depth. moments: as in mma_gemm().
template <class T, class A, class B>
void warpgroup_gemm(Context& ctx, const A& a, const B& b, int m, int n, int steps, Epilogue<T> epilogue, TileMoments* moments = nullptr) {
  epilogue.vectors = n % Epilogue<T>::kVector == 0 && aligned_to_chunks(epilogue.y) && aligned_to_chunks(epilogue.residual);
  const warpgroups::Extents extents = warpgroups::in_splits(m, n, steps);
  const warpgroups::OneProduct<A, B> product{a, b, {0, n}, extents};
  if (moments && extents.splits == 1) {
    const int64_t tiles = (int64_t(m) + kWgmmaRows - 1) / kWgmmaRows;
    *moments = epilogue.moments = {ctx.scratch_array<Moments>(tiles * n), tiles, n};
  }
  if (extents.splits == 1) return warpgroups::run_products<T>(ctx, product, epilogue);
  const int64_t each = int64_t(m) * n;
  float* partials = ctx.scratch_array<float>(extents.splits * each);  // [splits,m,n]
  warpgroups::run_products<T>(ctx, product, Epilogue<float>{.y = partials, .vectors = n % Epilogue<float>::kVector == 0});
  launch(add_split_sums_kernel<T>, dim3(blocks_for(each), 1), kBlock, 0, ctx.stream, partials, extents.splits, each, n, Slices{.y_row = n}, epilogue);
}

}  // namespace convolt::CONVOLT_BACKEND
