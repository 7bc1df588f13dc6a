// Products on the tensor cores: sums over k of a(i, k) * b(k, j), in float32, of operands that need not be matrices.
//
// Algorithm  a block makes a tile of sums. It walks along the depth in tiles of both operands, of which cp.async brings
//            kStages - 1 ahead to shared memory; a warp loads its fragments with ldmatrix and multiplies them with
//            mma.sync. Sums go through shared memory to y in rows of 16 bytes and more. Blocks next to each other have
//            the same rows of a, so that those come from the cache for all of them.
//            Where y has too few tiles to fill a GPU the depth is split, by the shape alone; the splits' sums go to scratch
//            memory and are added in order, so results repeat bit for bit.
// Bytes      a is read n / BN times and b m / BM times, from the cache where they fit; y is written once.
// Bound by   the tensor cores for a large depth, memory for a small one.
#pragma once

#include "mma/epilogue.cuh"
#include "mma/matrix.cuh"

namespace convolt::CONVOLT_BACKEND {

template <int M, int N, int WARPS_M, int WARPS_N, int BLOCKS>
struct TileShape {
  static constexpr int kM = M, kN = N, kWarpM = M / WARPS_M, kWarpN = N / WARPS_N;
  static constexpr int kThreads = 32 * WARPS_M * WARPS_N;
  static constexpr int kBlocks = BLOCKS;  // that a multiprocessor is to hold
  static constexpr int kStages = 4;
  static constexpr int kWarpsM = WARPS_M;
};
using LargeTile = TileShape<128, 128, 2, 4, 2>;
using NarrowTile = TileShape<128, 64, 4, 2, 2>;
using SmallTile = TileShape<64, 64, 2, 2, 4>;
using SlimTile = TileShape<128, 32, 4, 1, 4>;
using LowTile = TileShape<32, 128, 1, 4, 4>;

// One of a launch's products: y(i, j) = sum over k in [first, last) of a(i, k) b(k, j), y's row i beginning at rows.place(i) and
// the bias of its columns at first_bias.
template <class A, class B, class Rows>
struct Product {
  A a;
  B b;
  Rows rows;
  int m, n, first, last;
  int first_bias = 0;
};

struct EvenRows {
  int64_t first, pitch;
  DEV int64_t place(int i) const { return first + i * pitch; }
};

// Products on slices of the same tensors, each with its depth cut into splits.
template <class OperandA, class OperandB>
struct SplitProduct {
  using A = OperandA;
  using B = OperandB;

  A a;  // of the first slice
  B b;
  int m, n, depth, depth_per_split;
  int splits, neighbours;
  Slices slices;

  DEV int columns() const { return n; }
  DEV Product<A, B, EvenRows> product(int index) const {
    const int slice = index / splits, first = index % splits * depth_per_split, last = first + depth_per_split;
    A slice_a = a;
    B slice_b = b;
    slice_a.first += slice * slices.a;
    slice_b.first += slice * slices.b;
    return {slice_a, slice_b, {slice * slices.y, slices.y_row}, m, n, first, last < depth ? last : depth, slice * n};
  }
};

template <class T, class Shape>
struct SumTile {
  static constexpr int kMI = Shape::kWarpM / 16, kNI = Shape::kWarpN / 8;
  static constexpr int kPitch = Shape::kN + 8;  // in shared memory: four rows of a fragment lie in different banks
  static constexpr int kBytes = Shape::kM * kPitch * int(sizeof(float));

  float sums[kMI][kNI][4] = {};

  static DEV int warp_m() { return threadIdx.x / 32 % Shape::kWarpsM * Shape::kWarpM; }
  static DEV int warp_n() { return threadIdx.x / 32 / Shape::kWarpsM * Shape::kWarpN; }

  template <class TileA, class TileB>
  DEV void add_products(const unsigned char* tile_a, const unsigned char* tile_b) {
    UNROLL
    for (int step = 0; step < kStepsPerTile; step++) {
      uint32_t a[kMI][4], b[kNI][2];
      UNROLL
      for (int i = 0; i < kMI; i++) TileA::load_a(a[i], tile_a, warp_m() + 16 * i, step);
      UNROLL
      for (int j = 0; j < kNI; j += 2) TileB::load_b(b[j], b[j + 1], tile_b, warp_n() + 8 * j, step);
      mma_tile<kMmaType<T>, kMI, kNI>(sums, a, b);
    }
  }

  // Lays the block's sums out as [kM][kPitch].
  DEV void stage(float* staged) const {
    const int lane = threadIdx.x % 32;
    UNROLL
    for (int i = 0; i < kMI; i++) {
      UNROLL
      for (int j = 0; j < kNI; j++) {
        UNROLL
        for (int half = 0; half < 2; half++) {
          const int row = warp_m() + 16 * i + lane / 4 + 8 * half, column = warp_n() + 8 * j + lane % 4 * 2;
          *reinterpret_cast<float2*>(staged + row * kPitch + column) = make_float2(sums[i][j][2 * half], sums[i][j][2 * half + 1]);
        }
      }
    }
  }
};

template <class Products, class Shape>
constexpr int kSharedBytes = [] {
  using T = typename Products::A::Element;
  constexpr int tiles = Shape::kStages * (Tile<T, Products::A::kMajor, Shape::kM>::kBytes + Tile<T, Products::B::kMajor, Shape::kN>::kBytes);
  return tiles > SumTile<T, Shape>::kBytes ? tiles : SumTile<T, Shape>::kBytes;
}();

// Blocks that a multiprocessor is to hold, which limits their registers: element by element and in TF32 they need more.
template <class T, class Shape, bool VECTORS>
constexpr int kBlocks = VECTORS && sizeof(T) == 2 ? Shape::kBlocks : Shape::kBlocks / 2;

// Blocks are numbered by tiles of n, then by neighbouring products, which read the same rows of a, then by tiles of m, and
// last (in z) by the other products. partials: where sums of splits go instead of into y, or none.
template <class Products, class Shape, bool VECTORS>
__global__ void __launch_bounds__(Shape::kThreads, kBlocks<typename Products::A::Element, Shape, VECTORS>)
    mma_gemm_kernel(const __grid_constant__ Products products, Epilogue<typename Products::A::Element> epilogue, float* partials) {
  using T = typename Products::A::Element;
  using CopyA = TileCopy<typename Products::A, Shape::kM, Shape::kThreads, VECTORS>;
  using CopyB = TileCopy<typename Products::B, Shape::kN, Shape::kThreads, VECTORS>;
  constexpr int kStageBytes = CopyA::Layout::kBytes + CopyB::Layout::kBytes;
  DYNAMIC_SHARED(shared);

  const int tiles_n = (products.columns() + Shape::kN - 1) / Shape::kN, row_of_tiles = int(blockIdx.x) / tiles_n;
  const int index = int(blockIdx.z) * products.neighbours + row_of_tiles % products.neighbours;
  const auto product = products.product(index);
  const int first_m = row_of_tiles / products.neighbours * Shape::kM, first_n = int(blockIdx.x) % tiles_n * Shape::kN;
  if (first_m >= product.m) return;  // products of a launch may differ in size
  const CopyA copy_a(product.a, first_m, product.m);
  const CopyB copy_b(product.b, first_n, product.n);
  const int tiles = (product.last - product.first + kDepth<T> - 1) / kDepth<T>;

  auto start = [&](int tile) {
    unsigned char* stage = shared + tile % Shape::kStages * kStageBytes;
    const int depth = product.first + tile * kDepth<T>;
    if (tile < tiles) {
      copy_a.start(stage, depth, product.last);
      copy_b.start(stage + CopyA::Layout::kBytes, depth, product.last);
    }
    cp_async_commit();
  };
  for (int tile = 0; tile < Shape::kStages - 1; tile++) start(tile);

  SumTile<T, Shape> sums;
  for (int tile = 0; tile < tiles; tile++) {
    unsigned char* stage = shared + tile % Shape::kStages * kStageBytes;
    cp_async_wait<Shape::kStages - 2>();
    copy_a.normalize(stage, product.first + tile * kDepth<T>, product.last);
    copy_b.normalize(stage + CopyA::Layout::kBytes, product.first + tile * kDepth<T>, product.last);
    __syncthreads();  // the tile has arrived, and everybody has left the one whose stage is filled next
    start(tile + Shape::kStages - 1);
    sums.template add_products<typename CopyA::Layout, typename CopyB::Layout>(stage, stage + CopyA::Layout::kBytes);
  }
  cp_async_wait<0>();
  __syncthreads();

  auto* staged = reinterpret_cast<float*>(shared);
  sums.stage(staged);
  __syncthreads();
  constexpr int kVector = Epilogue<T>::kVector, kVectorsPerRow = Shape::kN / kVector;
  for (int v = threadIdx.x; v < Shape::kM * kVectorsPerRow; v += Shape::kThreads) {
    const int row = v / kVectorsPerRow, column = v % kVectorsPerRow * kVector;
    const int i = first_m + row, j = first_n + column;
    if (i >= product.m || j >= product.n) continue;
    float values[kVector];
    load_staged(values, staged + row * SumTile<T, Shape>::kPitch + column);
    const int count = product.n - j < kVector ? product.n - j : kVector;
    if (partials) Epilogue<float>{.y = partials, .vectors = epilogue.vectors}.write(values, (int64_t(index) * product.m + i) * product.n + j, j, count);
    else epilogue.write(values, product.rows.place(i) + j, product.first_bias + j, count);
  }
  if (epilogue.moments.data) {
    Moments* of_tile = epilogue.moments.data + int64_t(first_m / Shape::kM) * epilogue.moments.columns + product.first_bias;
    const T* bias = epilogue.bias ? epilogue.bias + product.first_bias : nullptr;
    write_moments<T, Shape::kM, Shape::kN, SumTile<T, Shape>::kPitch, Shape::kThreads>(staged, product.m - first_m, first_n, product.n, bias, of_tile);
  }
}

template <class Products, class Shape, bool VECTORS, class T>
void launch_products(Context& ctx, const Products& products, int64_t m, int64_t n, int count, const Epilogue<T>& epilogue, float* partials) {
  const int64_t tiles = (m + Shape::kM - 1) / Shape::kM * ((n + Shape::kN - 1) / Shape::kN);
  const dim3 grid(unsigned(tiles * products.neighbours), 1, unsigned(count / products.neighbours));
  launch(mma_gemm_kernel<Products, Shape, VECTORS>, grid, Shape::kThreads, kSharedBytes<Products, Shape>, ctx.stream, products, epilogue, partials);
}

enum class TileChoice { large, narrow, slim, low, small };

// The tile, and into how many splits the depth is cut, of `count` products [m,n] with a depth each.
struct GemmPlan {
  TileChoice tile;
  int splits;
};

// The largest tile that leaves some 128 blocks with work, if need be by splits of at least 512 of depth.
inline GemmPlan plan_gemm(int64_t m, int64_t n, int64_t depth, int64_t count) {
  constexpr int64_t enough_blocks = 128, least_depth = 512;
  auto plan = [&](TileChoice tile, int64_t tile_m, int64_t tile_n) {
    const int64_t blocks = (m + tile_m - 1) / tile_m * ((n + tile_n - 1) / tile_n) * count;
    const int64_t wanted = (enough_blocks + blocks - 1) / blocks, most = depth / least_depth;
    const int64_t splits = wanted < most ? wanted : most;
    return std::pair(GemmPlan{tile, splits > 1 ? int(splits) : 1}, blocks * (splits > 1 ? splits : 1) >= enough_blocks);
  };
  if (m <= 32 && n > 64) return plan(TileChoice::low, 32, 128).first;
  if (const auto [large, fills] = plan(TileChoice::large, 128, 128); fills && m > 64 && n > 64) return large;
  if (const auto [slim, fills] = plan(TileChoice::slim, 128, 32); fills && m > 64 && n <= 32) return slim;
  if (const auto [narrow, fills] = plan(TileChoice::narrow, 128, 64); fills && m > 64) return narrow;
  return plan(TileChoice::small, 64, 64).first;
}

// Of the tile that run_products takes.
inline int rows_of_tile(TileChoice tile, bool vectors) {
  if (!vectors || tile == TileChoice::small) return SmallTile::kM;
  return tile == TileChoice::low ? LowTile::kM : LargeTile::kM;
}

// Runs `count` products of at most m rows. vectors: whole chunks of both operands may be copied.
template <class Products, class T>
void run_products(Context& ctx, const Products& products, TileChoice tile, int64_t m, int64_t n, int count, bool vectors,
                  const Epilogue<T>& epilogue, float* partials = nullptr) {
  if (!vectors) return launch_products<Products, SmallTile, false>(ctx, products, m, n, count, epilogue, partials);
  switch (tile) {
    case TileChoice::large:
      // To normalise b, which as a weight gradient has its positions along the depth, takes more registers than this tile leaves.
      if constexpr (!IsNormalized<typename Products::B>) return launch_products<Products, LargeTile, true>(ctx, products, m, n, count, epilogue, partials);
      [[fallthrough]];
    case TileChoice::narrow: return launch_products<Products, NarrowTile, true>(ctx, products, m, n, count, epilogue, partials);
    case TileChoice::slim: return launch_products<Products, SlimTile, true>(ctx, products, m, n, count, epilogue, partials);
    case TileChoice::low: return launch_products<Products, LowTile, true>(ctx, products, m, n, count, epilogue, partials);
    case TileChoice::small: return launch_products<Products, SmallTile, true>(ctx, products, m, n, count, epilogue, partials);
  }
}

// y [m,n] = epilogue of a [m,depth] b [depth,n], none of the extents 0; and the same for each slice. Where `moments`
// is given it becomes those of y, in scratch memory; unless the depth is split, where it stays as it is.
template <class A, class B, class T>
void mma_gemm(Context& ctx, const A& a, const B& b, int m, int n, int depth, bool vectors, Epilogue<T> epilogue, Slices slices,
              TileMoments* moments = nullptr) {
  GemmPlan plan = plan_gemm(m, n, depth, slices.count);
  const int tiles = (depth + kDepth<T> - 1) / kDepth<T>, tiles_per_split = (tiles + plan.splits - 1) / plan.splits;
  plan.splits = (tiles + tiles_per_split - 1) / tiles_per_split;
  epilogue.vectors = n % Epilogue<T>::kVector == 0 && aligned_to_chunks(epilogue.y) && aligned_to_chunks(epilogue.residual);
  if (moments && plan.splits == 1) {
    const int64_t tile_rows = rows_of_tile(plan.tile, vectors), tiles_m = (m + tile_rows - 1) / tile_rows;
    *moments = epilogue.moments = {ctx.scratch_array<Moments>(tiles_m * slices.y_row), tiles_m, int(slices.y_row)};
  }
  const int64_t each = int64_t(m) * n;
  const int count = slices.count * plan.splits;
  float* partials = plan.splits > 1 ? ctx.scratch_array<float>(count * each) : nullptr;  // [slices,splits,m,n]
  // Splits along the windows of the same rows share what they read, as do slices; splits of the rows, where those are the
  // depth, do not.
  const int neighbours = A::kMajor == Major::depth ? count : 1;
  const SplitProduct<A, B> products{a, b, m, n, depth, tiles_per_split * kDepth<T>, plan.splits, neighbours, slices};
  run_products(ctx, products, plan.tile, m, n, count, vectors, epilogue, partials);
  if (plan.splits > 1)
    launch(add_split_sums_kernel<T>, dim3(blocks_for(each), unsigned(slices.count)), kBlock, 0, ctx.stream, partials, plan.splits, each, n, slices, epilogue);
}

}  // namespace convolt::CONVOLT_BACKEND
