// Tiles of a product's operands in shared memory, and a warp's fragments of them.
//
// An operand has an outer index (a row of a, a column of b) and a depth, over which the product sums. A tile is OUTER of the
// one by kDepth of the other, in rows of 16-byte chunks along whichever index has its neighbours next to each other. Chunks
// of a row are permuted such that the eight that ldmatrix reads at once lie in different banks, as do the sixteen or more
// that a warp writes.
#pragma once

#include "device/ldmatrix.cuh"
#include "device/mma.cuh"
#include "element.h"

namespace convolt::CONVOLT_BACKEND {

enum class Major { depth, outer };  // the index of an operand whose neighbours are next to each other in memory

template <class T>
constexpr MmaType kMmaType = MmaType::tf32;
template <>
inline constexpr MmaType kMmaType<bf16> = MmaType::bf16;
template <>
inline constexpr MmaType kMmaType<f16> = MmaType::f16;

constexpr int kChunkBytes = 16, kStepsPerTile = 2;
template <class T>
constexpr int kChunk = kChunkBytes / int(sizeof(T));  // elements
template <class T>
constexpr int kStep = 2 * kChunk<T>;  // the depth of one mma
template <class T>
constexpr int kDepth = kStepsPerTile * kStep<T>;  // of a tile

template <class T, Major MAJOR, int OUTER>
struct Tile {
  static constexpr int kRows = MAJOR == Major::depth ? OUTER : kDepth<T>;
  static constexpr int kChunks = (MAJOR == Major::depth ? kDepth<T> : OUTER) / kChunk<T>;  // of a row
  static constexpr int kBytes = kRows * kChunks * kChunkBytes;

  // Where a chunk of a row begins, in bytes.
  static DEV int place(int row, int chunk) {
    if constexpr (kChunks == 4) chunk ^= row / 2 % 4;  // two rows lie on each line of 32 banks
    else if constexpr (sizeof(T) == 2) chunk ^= row % 8;
    else chunk ^= row % 4 * 2;  // read word by word: four rows of eight
    return (row * kChunks + chunk) * kChunkBytes;
  }

  static DEV uint32_t word(const unsigned char* tile, int row, int column) {
    return *reinterpret_cast<const uint32_t*>(tile + place(row, column / kChunk<T>) + column % kChunk<T> * int(sizeof(T)));
  }

  // The fragment of a of 16 outer indices from `outer` on.
  static DEV void load_a(uint32_t (&a)[4], const unsigned char* tile, int outer, int step) {
    const int lane = threadIdx.x % 32, matrix = lane / 8;
    if constexpr (MAJOR == Major::depth) {
      ldmatrix_x4(a, tile + place(outer + lane % 16, 2 * step + lane / 16));
    } else if constexpr (sizeof(T) == 2) {
      ldmatrix_x4_transposed(a, tile + place(kStep<T> * step + lane % 8 + matrix / 2 * 8, outer / kChunk<T> + matrix % 2));
    } else {
      UNROLL
      for (int v = 0; v < 4; v++) a[v] = word(tile, kStep<T> * step + lane % 4 + v / 2 * 4, outer + lane / 4 + v % 2 * 8);
    }
    round_to_tf32(a);
  }

  // The two fragments of b of 16 outer indices from `outer` on.
  static DEV void load_b(uint32_t (&first)[2], uint32_t (&second)[2], const unsigned char* tile, int outer, int step) {
    const int lane = threadIdx.x % 32, matrix = lane / 8;
    uint32_t both[4];
    if constexpr (MAJOR == Major::depth) {
      ldmatrix_x4(both, tile + place(outer + lane % 8 + matrix / 2 * 8, 2 * step + matrix % 2));
    } else if constexpr (sizeof(T) == 2) {
      ldmatrix_x4_transposed(both, tile + place(kStep<T> * step + lane % 8 + matrix % 2 * 8, outer / kChunk<T> + matrix / 2));
    } else {
      UNROLL
      for (int v = 0; v < 4; v++) both[v] = word(tile, kStep<T> * step + lane % 4 + v % 2 * 4, outer + lane / 4 + v / 2 * 8);
    }
    round_to_tf32(both);
    first[0] = both[0], first[1] = both[1], second[0] = both[2], second[1] = both[3];
  }

 private:
  static DEV void round_to_tf32(uint32_t (&fragment)[4]) {
    if constexpr (kMmaType<T> == MmaType::tf32) {
      UNROLL
      for (int v = 0; v < 4; v++) fragment[v] = to_tf32(fragment[v]);
    }
  }
};

// Does an operand change its elements on their way: see mma/normalized.cuh?
template <class Operand>
concept IsNormalized = requires { typename Operand::HalfAffine; };

// Copies tiles of an operand to shared memory; each thread of the block has its chunks. An operand type has
//   Outer outer(int i, bool inside), Depth depth(int k, bool inside): what an index means for addresses,
//   const Element* at(Outer, Depth): the element, nullptr where it is a zero; and `data`, any valid address.
// VECTORS: the elements of a chunk are next to each other, aligned to 16 bytes, and all inside or all outside.
template <class Operand, int OUTER, int THREADS, bool VECTORS>
class TileCopy {
  using T = typename Operand::Element;

 public:
  using Layout = Tile<T, Operand::kMajor, OUTER>;

  // The tile's outer indices are those from `first` on, and below `end`.
  DEV TileCopy(const Operand& operand, int first, int end) : operand_(operand), first_(first), end_(end) {
    UNROLL
    for (int i = 0; i < kOuters; i++) {
      const int index = first + (kDepthMajor ? row(i) : chunk() * kChunk<T>);
      outer_[i] = operand.outer(index, index < end);
    }
  }

  // Starts copying the tile of depths from `depth` on, and below `end`.
  DEV void start(unsigned char* tile, int depth, int end) const {
    if constexpr (VECTORS && kDepthMajor) {
      const int k = depth + chunk() * kChunk<T>;
      const auto along = operand_.depth(k, k < end);
      UNROLL
      for (int i = 0; i < kPasses; i++) copy_chunk(tile, i, operand_.at(outer_[i], along));
    } else if constexpr (VECTORS) {
      UNROLL
      for (int i = 0; i < kPasses; i++) copy_chunk(tile, i, operand_.at(outer_[0], operand_.depth(depth + row(i), depth + row(i) < end)));
    } else {
      for (int i = 0; i < kPasses; i++) copy_elements(tile, i, depth, end);
    }
  }

  // Normalises what the calling thread has copied of a tile, once that has arrived. The arguments are those of start(). Of
  // chunks, every second eight lanes take the other half first, to meet in no bank.
  DEV void normalize(unsigned char* tile, int depth, int end) const {
    if constexpr (VECTORS && IsNormalized<Operand>) {
      const int index = chunk() * kChunk<T> + (kDepthMajor ? depth : first_);
      bool inside[kPasses];  // where the image is, for zeros around it stay zeros
      UNROLL
      for (int i = 0; i < kPasses; i++) {
        const int k = kDepthMajor ? index : depth + row(i);
        inside[i] = operand_.is_inside(outer_[kDepthMajor ? i : 0], operand_.depth(k, k < end));
      }
      const int channel = operand_.channel(index), other = threadIdx.x / 8 % 2;
      UNROLL
      for (int half = 0; half < 2; half++) {
        const auto affine = operand_.half_affine(channel + (half ^ other) * (kChunk<T> / 2));
        UNROLL
        for (int i = 0; i < kPasses; i++)
          if (inside[i]) operand_.normalize(tile + Layout::place(row(i), chunk()) + (half ^ other) * (kChunkBytes / 2), affine);
      }
    }
  }

 private:
  static constexpr bool kDepthMajor = Operand::kMajor == Major::depth;
  static constexpr int kPasses = Layout::kRows * Layout::kChunks / THREADS;
  static constexpr int kOuters = kDepthMajor ? kPasses : 1;
  static_assert(kPasses * THREADS == Layout::kRows * Layout::kChunks && THREADS % Layout::kChunks == 0);

  static DEV int chunk() { return threadIdx.x % Layout::kChunks; }
  static DEV int row(int pass) { return threadIdx.x / Layout::kChunks + pass * (THREADS / Layout::kChunks); }

  DEV void copy_chunk(unsigned char* tile, int pass, const T* source) const {
    cp_async_16(tile + Layout::place(row(pass), chunk()), source ? source : operand_.data, source != nullptr);
  }

  DEV void copy_elements(unsigned char* tile, int pass, int depth, int end) const {
    alignas(kChunkBytes) T elements[kChunk<T>];
    UNROLL
    for (int e = 0; e < kChunk<T>; e++) {
      const int i = first_ + (kDepthMajor ? row(pass) : chunk() * kChunk<T> + e);
      const int k = depth + (kDepthMajor ? chunk() * kChunk<T> + e : row(pass));
      const T* source = operand_.at(operand_.outer(i, i < end_), operand_.depth(k, k < end));
      elements[e] = source ? loaded(source, kDepthMajor ? k : i) : narrow<T>(0.0f);
    }
    uint4 bits;
    memcpy(&bits, elements, sizeof bits);
    *reinterpret_cast<uint4*>(tile + Layout::place(row(pass), chunk())) = bits;
  }

  // index: the one that counts channels.
  DEV T loaded(const T* source, int index) const {
    if constexpr (IsNormalized<Operand>) return operand_.normalized(*source, operand_.channel(index));
    else return *source;
  }

  const Operand& operand_;
  typename Operand::Outer outer_[kOuters];
  int first_, end_;
};

}  // namespace convolt::CONVOLT_BACKEND
