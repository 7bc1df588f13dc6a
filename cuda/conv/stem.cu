// Convolution of images of few channels, as in the first layer of a network (its stem), and its weight gradient, on the
// tensor cores in 16 bits.
//
// Algorithm  both are the products of implicit_gemm.cu, whose loads come in chunks of channels, of which there are none
//            here. A block goes from tile to tile of 128 outputs: 8 rows of 16, or fewer and longer ones. cp.async brings
//            the part of the image that the next tile's windows read, its rows as they lie in the image (stem_patch.cuh).
//            Windows overlap there as they do in the image, and lanes read their fragments from where they lie.
//            forward          y [outputs,k] = windows [outputs,depth] w^T. The filters stay in shared memory, with zeros
//                             where rows of a window are filled up to pairs of elements. If the step from a window to
//                             the next is even, those pairs are words; else a lane reads them one by one.
//            weight gradient  dw [k,taps*c] = dy^T [k,outputs] windows [outputs,taps*c]. A block keeps its sums over its
//                             tiles; the blocks' sums, as many as the shape alone decides, are added in order.
// Shapes     x [n,h,w,c], w, dw [k,r,s,c], y, dy [n,p,q,k].
// Bytes      x is read once, and asked of the cache (tile + window) / tile times each way: 1.5 times for 7 x 7 at stride 2.
//            y is written once, dy read once.
// Bound by   memory; the fragments' way through shared memory comes close.
#include "conv/stem.cuh"

#include <algorithm>
#include <iterator>

#include "conv/stem_windows.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kMostShared = 96 * 1024;  // of a block: two of them on a multiprocessor of sm_80 and newer, one on sm_86

// ---- forward ----

constexpr int kForwardThreads = 128;
constexpr int kForwardRows = kStemOutputs / kStemRow / (kForwardThreads / 32);  // rows of outputs of a warp

template <class T>
int64_t forward_shared_bytes(const Stem& stem, int columns) {
  const WindowDepth window(stem);
  const int64_t elements = 2 * int64_t(stem.patch_elements()) + columns * window.filter_pitch(), sums = kStemOutputs * (columns + 8);
  return int64_t(sizeof(float)) * sums + int64_t(sizeof(T)) * elements + int64_t(sizeof(WindowPair)) * (window.depth / 2);
}

template <class T, int COLUMNS, bool EVEN>
__global__ void __launch_bounds__(kForwardThreads)
    stem_forward_kernel(const T* __restrict__ x, const T* __restrict__ w, const __grid_constant__ Stem stem,
                        Epilogue<T> epilogue) {
  constexpr int kPitch = COLUMNS + 8, kNI = COLUMNS / 8, kVector = Epilogue<T>::kVector, kVectors = COLUMNS / kVector;
  const WindowDepth window(stem);
  DYNAMIC_SHARED(shared);
  auto* const staged = reinterpret_cast<float*>(shared);                       // [kStemOutputs][kPitch]
  auto* const patches = reinterpret_cast<T*>(staged + kStemOutputs * kPitch);  // [2][patch_h][pitch]
  T* const filters = patches + 2 * stem.patch_elements();                      // [COLUMNS][filter_pitch]
  auto* const pairs = reinterpret_cast<WindowPair*>(filters + COLUMNS * window.filter_pitch());  // [depth / 2]
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32, group = lane / 4, pair = lane % 4;
  const int first_k = int(blockIdx.y) * COLUMNS;

  stem.start_patch(patches, x, stem.tile(int(blockIdx.x)));
  cp_async_commit();
  lay_out_pairs(pairs, stem, window);
  lay_out_filters<T, COLUMNS>(filters, w, first_k, stem, window);
  T *patch = patches, *next = patches + stem.patch_elements();
  for (int index = int(blockIdx.x); index < stem.tiles; index += int(gridDim.x)) {
    cp_async_wait<0>();
    __syncthreads();  // the patch has arrived, and everybody has left the one before and what was staged
    if (index + int(gridDim.x) < stem.tiles) stem.start_patch(next, x, stem.tile(index + int(gridDim.x)));
    cp_async_commit();

    float sums[kForwardRows][kNI][4] = {};
    const T* windows[kForwardRows][2];  // those of outputs `group` and `group` + 8 of each row
    UNROLL
    for (int i = 0; i < kForwardRows; i++) {
      windows[i][0] = patch + stem.row_place(warp * kForwardRows + i) + group * stem.stride_w;
      windows[i][1] = windows[i][0] + 8 * stem.stride_w;
    }
    for (int depth = 0; depth < window.depth; depth += kStemRow) {
      const WindowPair near = pairs[depth / 2 + pair], far = pairs[depth / 2 + pair + 4];
      uint32_t a[kForwardRows][4], b[kNI][2];
      UNROLL
      for (int i = 0; i < kForwardRows; i++) {
        UNROLL
        for (int half = 0; half < 2; half++) {
          a[i][half] = pair_at<EVEN>(windows[i][half] + near.place) & near.mask;
          a[i][half + 2] = pair_at<EVEN>(windows[i][half] + far.place) & far.mask;
        }
      }
      UNROLL
      for (int j = 0; j < kNI; j += 2) {
        uint32_t both[4];
        ldmatrix_x4(both, filters + (8 * j + lane % 8 + lane / 16 * 8) * window.filter_pitch() + depth + lane / 8 % 2 * 8);
        b[j][0] = both[0], b[j][1] = both[1], b[j + 1][0] = both[2], b[j + 1][1] = both[3];
      }
      mma_tile<kMmaType<T>, kForwardRows, kNI>(sums, a, b);
    }

    // Sums of outputs inside of y are laid out one behind the other.
    const StemTile tile = stem.tile(index);
    UNROLL
    for (int i = 0; i < kForwardRows; i++) {
      UNROLL
      for (int half = 0; half < 2; half++) {
        const int row = warp * kForwardRows + i, of_p = stem.row_p(row), of_q = stem.row_q(row) + group + 8 * half;
        if (of_p >= tile.inside_p || of_q >= tile.inside_q) continue;
        float* const to = staged + (of_p * tile.inside_q + of_q) * kPitch + 2 * pair;
        UNROLL
        for (int j = 0; j < kNI; j++)
          *reinterpret_cast<float2*>(to + 8 * j) = make_float2(sums[i][j][2 * half], sums[i][j][2 * half + 1]);
      }
    }
    __syncthreads();
    for (int v = threadIdx.x; v < tile.outputs() * kVectors; v += kForwardThreads) {
      const int output = v / kVectors, column = v % kVectors * kVector, k = first_k + column;
      if (k >= stem.k) continue;
      float values[kVector];
      load_staged(values, staged + output * kPitch + column);
      const int64_t place = stem.output(tile, output / tile.inside_q, output % tile.inside_q) + k;
      epilogue.write(values, place, k, stem.k - k < kVector ? stem.k - k : kVector);
    }
    if (epilogue.moments.data) {
      Moments* const of_tile = epilogue.moments.data + int64_t(index) * epilogue.moments.columns;
      write_moments<T, kStemOutputs, COLUMNS, kPitch, kForwardThreads>(staged, tile.outputs(), first_k, stem.k, epilogue.bias, of_tile);
    }
    T* const empty = patch;
    patch = next, next = empty;
  }
}

template <class T, int COLUMNS, bool EVEN>
void launch_forward(Context& ctx, const T* x, const T* w, const Stem& stem, const Epilogue<T>& epilogue) {
  constexpr int blocks_each = 3;  // of a multiprocessor, as far as their shared memory allows
  const int blocks = std::min(stem.tiles, blocks_each * multiprocessors());
  const dim3 grid(unsigned(blocks), unsigned((stem.k + COLUMNS - 1) / COLUMNS));
  const auto shared_bytes = size_t(forward_shared_bytes<T>(stem, COLUMNS));
  launch(stem_forward_kernel<T, COLUMNS, EVEN>, grid, kForwardThreads, shared_bytes, ctx.stream, x, w, stem, epilogue);
}

template <class T, int COLUMNS>
void forward(Context& ctx, const T* x, const T* w, const Stem& stem, const Epilogue<T>& epilogue) {
  if (stem.stride_w % 2 == 0) launch_forward<T, COLUMNS, true>(ctx, x, w, stem, epilogue);
  else launch_forward<T, COLUMNS, false>(ctx, x, w, stem, epilogue);
}

// ---- weight gradient ----

constexpr int kGradThreads = 256, kGradWarps = kGradThreads / 32, kGradFilters = 64, kGradPitch = kGradFilters + 8;

template <class T>
int64_t grad_shared_bytes(const Stem& stem) {
  return 2 * (int64_t(stem.patch_elements()) + kStemOutputs * kGradPitch) * int64_t(sizeof(T));
}

// Starts the copy of a tile of dy, filters from `first` on, as [kStemOutputs][kGradPitch]; zeros outside. in_chunks: of dy.
template <class T>
DEV void start_gradients(T* gradients, const T* dy, int first, const Stem& stem, const StemTile& tile, bool in_chunks) {
  const int step = in_chunks ? kChunk<T> : 1, steps = kGradFilters / step;
  for (int i = threadIdx.x; i < kStemOutputs * steps; i += kGradThreads) {
    const int output = i / steps, column = i % steps * step;
    const int of_p = output / stem.tile_w, of_q = output % stem.tile_w;
    const bool inside = of_p < tile.inside_p && of_q < tile.inside_q && first + column < stem.k;
    const T* source = inside ? dy + stem.output(tile, of_p, of_q) + first + column : dy;
    T* const target = gradients + output * kGradPitch + column;
    if (in_chunks) cp_async_16(target, source, inside);
    else *target = inside ? *source : narrow<T>(0.0f);
  }
}

// TILES: of 8 taps, of a warp. Blocks along x have their tiles of outputs, along y their filters, along z their taps.
// partials [gridDim.x,k,taps].
template <class T, int TILES>
__global__ void __launch_bounds__(kGradThreads, TILES > 3 ? 1 : 2)
    stem_weight_grad_kernel(const T* __restrict__ x, const T* __restrict__ dy, float* __restrict__ partials,
                            const __grid_constant__ Stem stem, bool dy_in_chunks) {
  constexpr int kMI = kGradFilters / 16;
  DYNAMIC_SHARED(shared);
  auto* const all_gradients = reinterpret_cast<T*>(shared);          // [2][kStemOutputs][kGradPitch]
  T* const patches = all_gradients + 2 * kStemOutputs * kGradPitch;  // [2][patch_h][pitch]
  const int warp = int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32, group = lane / 4, pair = lane % 4;
  const int first_k = int(blockIdx.y) * kGradFilters;
  const int first_tap = (int(blockIdx.z) * kGradWarps + warp) * TILES * 8, taps = stem.taps();

  int places[TILES];  // of the lane's taps
  UNROLL
  for (int j = 0; j < TILES; j++) {
    const int tap = first_tap + 8 * j + group;
    places[j] = stem.tap_place(tap < taps ? tap : 0);
  }
  auto start = [&](int index, int stage) {
    if (index < stem.tiles) {
      const StemTile tile = stem.tile(index);
      stem.start_patch(patches + stage * stem.patch_elements(), x, tile);
      start_gradients(all_gradients + stage * kStemOutputs * kGradPitch, dy, first_k, stem, tile, dy_in_chunks);
    }
    cp_async_commit();
  };

  float sums[kMI][TILES][4] = {};
  int stage = 0;
  start(int(blockIdx.x), stage);
  for (int index = int(blockIdx.x); index < stem.tiles; index += int(gridDim.x), stage ^= 1) {
    cp_async_wait<0>();
    __syncthreads();  // the tile has arrived, and everybody has left the one before
    start(index + int(gridDim.x), stage ^ 1);
    const StemTile tile = stem.tile(index);
    const T *gradients = all_gradients + stage * kStemOutputs * kGradPitch, *patch = patches + stage * stem.patch_elements();
    for (int row = 0; row < kStemOutputs / kStemRow; row++) {
      const int inside = tile.inside_q - stem.row_q(row);  // outputs of the row
      if (stem.row_p(row) >= tile.inside_p || inside <= 0) continue;
      uint32_t a[kMI][4], b[TILES][2];
      UNROLL
      for (int i = 0; i < kMI; i++) {
        const int output = row * kStemRow + lane % 8 + lane / 16 * 8;
        ldmatrix_x4_transposed(a[i], gradients + output * kGradPitch + 16 * i + lane / 8 % 2 * 8);
      }
      const T* windows = patch + stem.row_place(row) + 2 * pair * stem.stride_w;
      // Beyond y windows may lie anywhere in the image, and a zero of dy times infinity is none.
      auto element = [&](int tap, int output) {
        return 2 * pair + output < inside ? windows[places[tap] + output * stem.stride_w] : narrow<T>(0.0f);
      };
      UNROLL
      for (int j = 0; j < TILES; j++) {
        b[j][0] = pair_of(element(j, 0), element(j, 1));
        b[j][1] = pair_of(element(j, 8), element(j, 9));
      }
      mma_tile<kMmaType<T>, kMI, TILES>(sums, a, b);
    }
  }
  UNROLL
  for (int i = 0; i < kMI; i++) {
    UNROLL
    for (int j = 0; j < TILES; j++) {
      UNROLL
      for (int v = 0; v < 4; v++) {
        const int k = first_k + 16 * i + group + v / 2 * 8, tap = first_tap + 8 * j + 2 * pair + v % 2;
        if (k < stem.k && tap < taps) partials[(int64_t(blockIdx.x) * stem.k + k) * taps + tap] = sums[i][j][v];
      }
    }
  }
}

template <class T, int TILES>
void weight_grad(Context& ctx, const T* x, const T* dy, T* dw, const Stem& stem) {
  constexpr int enough_blocks = 264, taps_each = kGradWarps * TILES * 8;
  const int blocks_k = (stem.k + kGradFilters - 1) / kGradFilters, blocks_taps = (stem.taps() + taps_each - 1) / taps_each;
  const int splits = std::min(stem.tiles, std::max(1, enough_blocks / (blocks_k * blocks_taps)));
  const int64_t each = int64_t(stem.k) * stem.taps();
  float* partials = ctx.scratch_array<float>(splits * each);
  const bool dy_in_chunks = stem.k % kChunk<T> == 0 && aligned_to_chunks(dy);
  const dim3 grid{unsigned(splits), unsigned(blocks_k), unsigned(blocks_taps)};
  const auto shared_bytes = size_t(grad_shared_bytes<T>(stem));
  launch(stem_weight_grad_kernel<T, TILES>, grid, kGradThreads, shared_bytes, ctx.stream, x, dy, partials, stem, dy_in_chunks);
  const Slices whole{.y_row = stem.taps()};
  launch(add_split_sums_kernel<T>, blocks_for(each), kBlock, 0, ctx.stream, partials, splits, each, stem.taps(), whole, Epilogue<T>{.y = dw});
}

}  // namespace

bool stem_takes(const ConvParams& p) {
  const bool is_image = p.d == 1 && p.t == 1 && p.z == 1 && p.padD == 0 && p.groups == 1 && p.dilationW == 1;
  constexpr int64_t largest = 1024, longest = 1 << 30;  // far more than fits, and few enough to be counted
  const int64_t c = p.c, extents[] = {p.strideH, p.padH, p.r * int64_t(p.dilationH), p.strideW * c, p.padW * c, p.s * c};
  const bool is_small = std::all_of(std::begin(extents), std::end(extents), [](int64_t extent) { return extent <= largest; });
  if (!is_image || p.c % kChunk<bf16> == 0 || !is_small || p.w * c > longest) return false;
  const Stem stem = stem_of<bf16>(nullptr, p);
  return forward_shared_bytes<bf16>(stem, 32) <= kMostShared && grad_shared_bytes<bf16>(stem) <= kMostShared;
}

template <class T>
void stem_forward(Context& ctx, const T* x, const T* w, Epilogue<T> epilogue, const ConvParams& p, TileMoments* moments) {
  const Stem stem = stem_of(x, p);
  epilogue.vectors = p.k % Epilogue<T>::kVector == 0 && aligned_to_chunks(epilogue.y) && aligned_to_chunks(epilogue.residual);
  if (moments) *moments = epilogue.moments = {ctx.scratch_array<Moments>(int64_t(stem.tiles) * p.k), stem.tiles, p.k};
  if (p.k > 32 && forward_shared_bytes<T>(stem, 64) <= kMostShared) forward<T, 64>(ctx, x, w, stem, epilogue);
  else forward<T, 32>(ctx, x, w, stem, epilogue);
}

template <class T>
void stem_weight_grad(Context& ctx, const T* x, const T* dy, T* dw, const ConvParams& p) {
  const Stem stem = stem_of(x, p);
  const int tiles = (stem.taps() + 8 * kGradWarps - 1) / (8 * kGradWarps);
  if (tiles == 1) weight_grad<T, 1>(ctx, x, dy, dw, stem);
  else if (tiles <= 3) weight_grad<T, 3>(ctx, x, dy, dw, stem);
  else weight_grad<T, 6>(ctx, x, dy, dw, stem);
}

#define INSTANTIATE(T)                                                                                                     \
  template void stem_forward<T>(Context&, const T*, const T*, Epilogue<T>, const ConvParams&, TileMoments*);               \
  template void stem_weight_grad<T>(Context&, const T*, const T*, T*, const ConvParams&);
INSTANTIATE(bf16)
INSTANTIATE(f16)
#undef INSTANTIATE

}  // namespace convolt::CONVOLT_BACKEND
