// Copies of a strided part of a tensor, and into one; tensors of one value, or of none.
//
// Algorithm  copy and place: one word for each thread, where a word is as many neighbours, up to 16 bytes, as all rows
//            are aligned to. A copy whose result runs across the rows of x goes through tiles of 32 x 32 elements in
//            shared memory, so that it reads and writes neighbours.
// Shapes     y [shape]; x and target are walked by `stride` over it.
// Bytes      twice those of the elements that are copied.
// Bound by   memory; index arithmetic where words are small.
#include "backend.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// A walk in words. Steps are negative along reversed axes.
struct Walk {
  int64_t shape[kMaxRank], step[kMaxRank];
  int64_t start;  // of its first element
};

Walk make_walk(const StridedParams& p) {
  Walk walk{};
  for (int axis = 0; axis < kMaxRank; axis++) {
    walk.shape[axis] = p.shape[axis];
    walk.step[axis] = p.reversed[axis] ? -int64_t(p.stride[axis]) : p.stride[axis];
    if (p.reversed[axis] && p.shape[axis] > 0) walk.start += int64_t(p.shape[axis] - 1) * p.stride[axis];
  }
  return walk;
}

struct alignas(16) Word16 {
  uint64_t halves[2];
};

// Calls body(Word()) with an unsigned word of so many bytes.
template <class Body>
void with_word(size_t bytes, const Body& body) {
  switch (bytes) {
    case 1: return body(uint8_t());
    case 2: return body(uint16_t());
    case 4: return body(uint32_t());
    case 8: return body(uint64_t());
    default: return body(Word16());
  }
}

// Merges neighbours along the last axis into the widest words that all rows of both sides are made of. Returns their bytes.
size_t widen_words(Walk& walk, size_t element, const void* strided, const void* dense) {
  constexpr int inner = kMaxRank - 1;
  size_t word = element;
  if (walk.step[inner] != 1) return word;
  auto divides = [&](size_t bytes) {
    const int64_t count = int64_t(bytes / element);
    bool all = (uintptr_t(strided) | uintptr_t(dense)) % bytes == 0 && walk.shape[inner] % count == 0 && walk.start % count == 0;
    for (int axis = 0; axis < inner; axis++) all &= walk.shape[axis] == 1 || walk.step[axis] % count == 0;
    return all;
  };
  while (word < 16 && divides(2 * word)) word *= 2;
  const int64_t count = int64_t(word / element);
  walk.shape[inner] /= count;
  walk.start /= count;
  for (int axis = 0; axis < inner; axis++) walk.step[axis] /= count;
  return word;
}

// The offset of word i, counted in the order of the dense side. Index is 32 bits where they are enough: division is slow.
template <class Index>
DEV int64_t offset_of(const Walk& walk, Index i) {
  int64_t offset = walk.start;
  UNROLL
  for (int axis = kMaxRank - 1; axis >= 0; axis--) {
    if (walk.shape[axis] == 1) continue;
    const Index extent = Index(walk.shape[axis]);
    offset += int64_t(i % extent) * walk.step[axis];
    i /= extent;
  }
  return offset;
}

template <class Word, class Index>
__global__ void __launch_bounds__(kBlock) copy_kernel(const Word* __restrict__ x, Word* __restrict__ y, int64_t n, Walk walk) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = x[offset_of(walk, Index(i))];
}

template <class Word, class Index>
__global__ void __launch_bounds__(kBlock) place_kernel(Word* __restrict__ target, const Word* __restrict__ x, int64_t n, Walk walk) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) target[offset_of(walk, Index(i))] = x[i];
}

// A copy whose columns are neighbours in y and whose rows are neighbours in x.
struct Transposition {
  int64_t rows, cols;
  int64_t start, x_row, x_col, y_row;  // steps; that of columns in y is 1
  int64_t batch[kMaxRank - 2], x_batch[kMaxRank - 2], y_batch[kMaxRank - 2];  // the other axes
  int64_t row_tiles, tiles;
};

constexpr int kTile = 32;
constexpr int64_t kLeastTransposed = 8;  // a tile with fewer rows or columns leaves most of its threads idle

// Whether a walk is best done in tiles, and how.
bool find_transposition(const Walk& walk, Transposition& found) {
  constexpr int inner = kMaxRank - 1;
  if (walk.step[inner] == 1 || walk.step[inner] == -1 || walk.shape[inner] < kLeastTransposed) return false;
  int row_axis = -1;
  for (int axis = 0; axis < inner; axis++)
    if ((walk.step[axis] == 1 || walk.step[axis] == -1) && walk.shape[axis] >= kLeastTransposed) row_axis = axis;
  if (row_axis < 0) return false;
  found = {walk.shape[row_axis], walk.shape[inner], walk.start, walk.step[row_axis], walk.step[inner], 0, {}, {}, {}, 0, 0};
  int64_t y_step = walk.shape[inner], images = 1;
  for (int axis = inner - 1, other = kMaxRank - 3; axis >= 0; axis--) {
    if (axis == row_axis) {
      found.y_row = y_step;
    } else {
      found.batch[other] = walk.shape[axis];
      found.x_batch[other] = walk.step[axis];
      found.y_batch[other--] = y_step;
      images *= walk.shape[axis];
    }
    y_step *= walk.shape[axis];
  }
  found.row_tiles = (found.rows + kTile - 1) / kTile;
  found.tiles = images * found.row_tiles * ((found.cols + kTile - 1) / kTile);
  return true;
}

template <class Word>
__global__ void __launch_bounds__(kBlock) transpose_kernel(const Word* __restrict__ x, Word* __restrict__ y, Transposition t) {
  constexpr int rows_at_once = kBlock / kTile;
  SHARED_ARRAY(Word, tile, [kTile][kTile + 1]);  // [col][row]; the odd length keeps columns in different banks
  const int lane = threadIdx.x % kTile, line = threadIdx.x / kTile;
  const int64_t col_tiles = (t.cols + kTile - 1) / kTile;
  for (int64_t number = blockIdx.x; number < t.tiles; number += gridDim.x) {
    const int64_t first_col = number % col_tiles * kTile, first_row = number / col_tiles % t.row_tiles * kTile;
    int64_t image = number / col_tiles / t.row_tiles;
    int64_t x_at = t.start, y_at = 0;
    UNROLL
    for (int axis = kMaxRank - 3; axis >= 0; axis--) {
      x_at += image % t.batch[axis] * t.x_batch[axis];
      y_at += image % t.batch[axis] * t.y_batch[axis];
      image /= t.batch[axis];
    }
    for (int col = line; col < kTile; col += rows_at_once) {
      if (first_row + lane < t.rows && first_col + col < t.cols)
        tile[col][lane] = x[x_at + (first_row + lane) * t.x_row + (first_col + col) * t.x_col];
    }
    __syncthreads();
    for (int row = line; row < kTile; row += rows_at_once) {
      if (first_row + row < t.rows && first_col + lane < t.cols)
        y[y_at + (first_row + row) * t.y_row + first_col + lane] = tile[lane][row];
    }
    __syncthreads();
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock) fill_kernel(T* __restrict__ y, int64_t n, T value) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = value;
}

}  // namespace

void copy(Context& ctx, Bufs in, Bufs out, const StridedParams& p) {
  if (out[0].numel == 0) return;
  Walk walk = make_walk(p);
  Transposition transposition;
  if (find_transposition(walk, transposition)) {
    const int64_t most_blocks = 1 << 20;
    const unsigned blocks = unsigned(transposition.tiles < most_blocks ? transposition.tiles : most_blocks);
    return with_word(bytes_of(in[0].dtype), [&](auto zero) {
      using Word = decltype(zero);
      launch(transpose_kernel<Word>, blocks, kBlock, 0, ctx.stream, in[0].as<Word>(), out[0].as<Word>(), transposition);
    });
  }
  const size_t element = bytes_of(in[0].dtype), word = widen_words(walk, element, in[0].data, out[0].data);
  const int64_t n = out[0].numel * int64_t(element) / int64_t(word);
  with_word(word, [&](auto zero) {
    using Word = decltype(zero);
    const auto kernel = n <= UINT32_MAX ? copy_kernel<Word, uint32_t> : copy_kernel<Word, uint64_t>;
    launch(kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<Word>(), out[0].as<Word>(), n, walk);
  });
}

void place(Context& ctx, Bufs in, Bufs, const StridedParams& p) {
  if (in[1].numel == 0) return;
  Walk walk = make_walk(p);
  const size_t element = bytes_of(in[0].dtype), word = widen_words(walk, element, in[0].data, in[1].data);
  const int64_t n = in[1].numel * int64_t(element) / int64_t(word);
  with_word(word, [&](auto zero) {
    using Word = decltype(zero);
    const auto kernel = n <= UINT32_MAX ? place_kernel<Word, uint32_t> : place_kernel<Word, uint64_t>;
    launch(kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<Word>(), in[1].as<Word>(), n, walk);
  });
}

void full_like(Context& ctx, Bufs, Bufs out, const FillParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_element(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(fill_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, out[0].as<T>(), n, narrow<T>(p.value));
  });
}

void empty_like(Context&, Bufs, Bufs, const ShapeParams&) {}

}  // namespace convolt::CONVOLT_BACKEND
