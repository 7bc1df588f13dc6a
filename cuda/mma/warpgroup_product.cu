// Products of 16-bit elements on Hopper (sm_90a): y [m,n] = epilogue of a [m,depth] b [n,depth]^T, a being a matrix or the windows
// of a convolution. Never run on hardware so far: `algorithm: 'wgmma'` asks for it, and nothing else does.
//
// Algorithm  a block has three warpgroups. One thread of the first keeps kStages steps of 64 along the depth on their way: the
//            tensor memory accelerator brings a tile of a and one of b, swizzled, to shared memory, and an mbarrier counts
//            their bytes. The other two warpgroups make 64 rows each of a tile 128 x 128 of y by wgmma, and hand stages back
//            through a second mbarrier. Blocks are as many as multiprocessors, and each goes from tile to tile: while sums
//            leave through shared memory, the next tile's operands come.
//            Windows of a convolution come in the accelerator's im2col mode, a tap and 64 channels at a time; it puts zeros
//            where they reach beyond the image.
// Bytes      a is read n / 128 times and b m / 128 times, from the L2 cache where they fit; y is written once.
// Bound by   the tensor cores for a large depth, memory for a small one.
#include "mma/warpgroup_product.cuh"

#include "device/wgmma.cuh"
#include "divisor.cuh"
#include "element.h"
#include "mma/matrix.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kTileM = 128, kTileN = 128, kStepDepth = 64, kStages = 4;
constexpr int kConsumers = kTileM / kWgmmaRows, kConsumerWarps = kConsumers * 4, kThreads = (1 + kConsumers) * kWarpgroup;
constexpr int kBytesA = kTileM * kSwizzledRow, kStageBytes = kBytesA + kTileN * kSwizzledRow;
constexpr int kSums = kTileN / 2;                 // of a thread
constexpr int kPitch = kTileN + 8, kWarpRows = 16;  // a warp's sums, laid out
constexpr int kStagedBytes = kConsumerWarps * kWarpRows * kPitch * int(sizeof(float));
constexpr int kSharedBytes = kStages * kStageBytes + kStagedBytes + 2 * kStages * int(sizeof(Mbarrier));

// Operands: load() starts the copy of rows from `first` on, at one step of the depth.
struct MatrixRows {
  TensorMap map;

  DEV void load(unsigned char* tile, int step, int first, Mbarrier* arrived) const { tma_load_2d(tile, &map, step * kStepDepth, first, arrived); }
};

struct WindowRows {
  TensorMap map;
  Divisor p, q, s, steps_per_tap;  // rows of y are n * p * q; taps are r * s
  int stride_h, stride_w, before_h, before_w, dilation_h, dilation_w;

  DEV void load(unsigned char* tile, int step, int first, Mbarrier* arrived) const {
    int row = q.divide(first), tap = steps_per_tap.divide(step);
    const int image = p.divide(row), r = s.divide(tap);
    // What is left of each is its place in what it was divided by.
    const int w = first * stride_w - before_w, h = row * stride_h - before_h;
    tma_load_im2col(tile, &map, step * kStepDepth, w, h, image, tap * dilation_w, r * dilation_h, arrived);
  }
};

struct Extents {
  int m, n, steps;

  DEV int tiles_n() const { return (n + kTileN - 1) / kTileN; }
  DEV int tiles() const { return (m + kTileM - 1) / kTileM * tiles_n(); }
  DEV int first_m(int tile) const { return tile / tiles_n() * kTileM; }
  DEV int first_n(int tile) const { return tile % tiles_n() * kTileN; }
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

// One thread brings what all tiles of the block need.
template <class Rows>
DEV void produce(const Rows& a, const MatrixRows& b, const Extents& extents, const Pipeline& pipeline) {
  int step = 0;
  for (int tile = int(blockIdx.x); tile < extents.tiles(); tile += int(gridDim.x)) {
    for (int i = 0; i < extents.steps; i++, step++) {
      pipeline.wait_until_empty(step);
      Mbarrier* const arrived = pipeline.full + step % kStages;
      mbarrier_arrive_expect(arrived, kStageBytes);
      a.load(pipeline.stage(step), i, extents.first_m(tile), arrived);
      b.load(pipeline.stage(step) + kBytesA, i, extents.first_n(tile), arrived);
    }
  }
}

// Writes the sums of a warp, 16 rows from `first_m` on. staged: room for the warp's [kWarpRows][kPitch].
template <class T>
DEV void write_sums(const float (&sums)[kSums], float* staged, int first_m, int first_n, const Extents& extents, const Epilogue<T>& epilogue) {
  const int lane = threadIdx.x % 32;
  UNROLL
  for (int i = 0; i < kSums; i += 2) {
    const int row = lane / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + lane % 4 * 2;
    *reinterpret_cast<float2*>(staged + row * kPitch + column) = make_float2(sums[i], sums[i + 1]);
  }
  __syncwarp();
  constexpr int kVector = Epilogue<T>::kVector, kVectorsPerRow = kTileN / kVector;
  for (int v = lane; v < kWarpRows * kVectorsPerRow; v += 32) {
    const int row = v / kVectorsPerRow, column = v % kVectorsPerRow * kVector, i = first_m + row, j = first_n + column;
    if (i >= extents.m || j >= extents.n) continue;
    float values[kVector];
    load_staged(values, staged + row * kPitch + column);
    epilogue.write(values, int64_t(i) * extents.n + j, j, extents.n - j < kVector ? extents.n - j : kVector);
  }
  __syncwarp();  // before the next tile's sums
}

// A warpgroup makes its 64 rows of each tile of the block.
template <class T>
DEV void consume(const Extents& extents, const Pipeline& pipeline, float* all_staged, const Epilogue<T>& epilogue) {
  const int consumer = int(threadIdx.x) / kWarpgroup - 1, warp = int(threadIdx.x) / 32 - 4;
  float* const staged = all_staged + warp * kWarpRows * kPitch;
  int step = 0;
  for (int tile = int(blockIdx.x); tile < extents.tiles(); tile += int(gridDim.x)) {
    float sums[kSums] = {};
    for (int i = 0; i < extents.steps; i++, step++) {
      pipeline.wait_until_full(step);
      wgmma_fence(sums);
      const unsigned char *a = pipeline.stage(step) + consumer * kWgmmaRows * kSwizzledRow, *b = pipeline.stage(step) + kBytesA;
      UNROLL
      for (int k = 0; k < kStepDepth; k += kWgmmaDepth)
        wgmma<kMmaType<T>>(sums, wgmma_descriptor(a, k), wgmma_descriptor(b, k), true);
      wgmma_commit();
      wgmma_wait<1>(sums);
      if (i > 0) pipeline.release(step - 1);  // one product runs on while the next stage is waited for
    }
    wgmma_wait<0>(sums);
    pipeline.release(step - 1);
    write_sums(sums, staged, extents.first_m(tile) + consumer * kWgmmaRows + warp % 4 * kWarpRows, extents.first_n(tile), extents, epilogue);
  }
}

template <class T, class Rows>
__global__ void __launch_bounds__(kThreads, 1)
    wgmma_product_kernel(const __grid_constant__ Rows a, const __grid_constant__ MatrixRows b, Extents extents, Epilogue<T> epilogue) {
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
    prefetch_tensor_map(&a.map);
    prefetch_tensor_map(&b.map);
  }
  __syncthreads();
  if (threadIdx.x >= kWarpgroup) consume(extents, pipeline, staged, epilogue);
  else if (threadIdx.x == 0) produce(a, b, extents, pipeline);
}

template <class T>
constexpr TensorElement kTensorElement = kMmaType<T> == MmaType::bf16 ? TensorElement::bf16 : TensorElement::f16;

template <class T>
MatrixRows matrix_rows(const T* data, int rows, int columns, int box_rows) {
  return {tensor_map(MatrixMap{kTensorElement<T>, data, rows, columns, columns, box_rows, kStepDepth})};
}

template <class T, class Rows>
void multiply(Context& ctx, const Rows& a, const MatrixRows& b, int m, int n, int depth, Epilogue<T> epilogue) {
  epilogue.vectors = n % Epilogue<T>::kVector == 0 && aligned_to_chunks(epilogue.y) && aligned_to_chunks(epilogue.residual);
  const Extents extents{m, n, (depth + kStepDepth - 1) / kStepDepth};
  const int64_t tiles = int64_t(m + kTileM - 1) / kTileM * ((n + kTileN - 1) / kTileN);
  const unsigned blocks = unsigned(tiles < multiprocessors() ? tiles : multiprocessors());
  launch(wgmma_product_kernel<T, Rows>, blocks, kThreads, kSharedBytes, ctx.stream, a, b, extents, epilogue);
}

}  // namespace

bool has_warpgroup_products() {
#if defined(__CUDACC__) && !defined(CONVOLT_HAS_SM_90A)
  return false;
#else
  return compute_capability() == 90 || kEmulated;
#endif
}

template <class T>
bool warpgroup_product_takes(const MatrixProduct<T>& p) {
  const bool fits = int64_t(p.m) + kTileM <= INT32_MAX && int64_t(p.k) + kStepDepth <= INT32_MAX;
  return has_warpgroup_products() && !p.transpose_a && p.transpose_b && p.k % kChunk<T> == 0 && fits && aligned_to_chunks(p.a) && aligned_to_chunks(p.b);
}

template <class T>
void warpgroup_product(Context& ctx, const MatrixProduct<T>& p) {
  multiply(ctx, matrix_rows(p.a, p.m, p.k, kTileM), matrix_rows(p.b, p.n, p.k, kTileN), p.m, p.n, p.k, p.epilogue);
}

namespace {

// Where the corner of the last window lies, counted from the last element.
int last_corner(int extent, int output, int stride, int before) { return (output - 1) * stride - before - (extent - 1); }

bool fits_byte(int value) { return value >= -128 && value <= 127; }

}  // namespace

template <class T>
bool warpgroup_convolution_takes(const T* x, const T* w, const ConvParams& p) {
  const bool images = p.d == 1 && p.t == 1 && p.z == 1 && p.padD == 0 && p.groups == 1 && p.c % kStepDepth == 0;
  const int last_h = last_corner(p.h, p.p, p.strideH, p.padH), last_w = last_corner(p.w, p.q, p.strideW, p.padW);
  const bool corners = fits_byte(-p.padH) && fits_byte(-p.padW) && fits_byte(last_h) && fits_byte(last_w) && p.strideH <= 8 && p.strideW <= 8;
  const bool offsets = (p.r - 1) * p.dilationH <= 255 && (p.s - 1) * p.dilationW <= 255;
  const bool fits = int64_t(p.n) * p.p * p.q + kTileM <= INT32_MAX;
  return has_warpgroup_products() && images && corners && offsets && fits && aligned_to_chunks(x) && aligned_to_chunks(w);
}

template <class T>
void warpgroup_convolution(Context& ctx, const T* x, const T* w, const Epilogue<T>& epilogue, const ConvParams& p) {
  const ImageMap images{.element = kTensorElement<T>, .data = x, .n = p.n, .h = p.h, .w = p.w, .c = p.c,
                        .before_h = p.padH, .before_w = p.padW,
                        .last_h = last_corner(p.h, p.p, p.strideH, p.padH), .last_w = last_corner(p.w, p.q, p.strideW, p.padW),
                        .stride_h = p.strideH, .stride_w = p.strideW, .channels = kStepDepth, .pixels = kTileM};
  const WindowRows a{tensor_map(images), Divisor(p.p), Divisor(p.q), Divisor(p.s), Divisor(p.c / kStepDepth),
                     p.strideH, p.strideW, p.padH, p.padW, p.dilationH, p.dilationW};
  const int depth = p.r * p.s * p.c;
  multiply(ctx, a, matrix_rows(w, p.k, depth, kTileN), p.n * p.p * p.q, p.k, depth, epilogue);
}

#define INSTANTIATE(T)                                                                                       \
  template bool warpgroup_product_takes<T>(const MatrixProduct<T>&);                                         \
  template void warpgroup_product<T>(Context&, const MatrixProduct<T>&);                                     \
  template bool warpgroup_convolution_takes<T>(const T*, const T*, const ConvParams&);                       \
  template void warpgroup_convolution<T>(Context&, const T*, const T*, const Epilogue<T>&, const ConvParams&);
INSTANTIATE(bf16)
INSTANTIATE(f16)
#undef INSTANTIATE

}  // namespace convolt::CONVOLT_BACKEND
