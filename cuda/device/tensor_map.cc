// Tensor maps and their copies on the host. What the hardware would refuse is refused here, too.
#include "tensor_map.cuh"

#include <stdexcept>
#include <vector>

namespace emu {
namespace {

constexpr int kElement = 2, kChunk = 16;  // bytes

// Where a byte of a tile is found: the chunk's number is changed by that of its row among eight.
unsigned char* swizzled(unsigned char* tile, int offset) {
  const int row = offset / kSwizzledRow % 8;
  return tile + (offset ^ row * kChunk);
}

class Pieces {
 public:
  Pieces(void* target, const char* what) : tile_(static_cast<unsigned char*>(target)), what_(what) {
    if (reinterpret_cast<uintptr_t>(target) % kSwizzleAlignment != 0) error("%s: the target %p is not aligned to 1024 bytes", what, target);
  }

  // The next 16 bytes: elements `first` to `last` are read from there, the others are zeros.
  void add(const unsigned char* source, int first, int last) {
    BulkPiece piece{swizzled(tile_, int(pieces_.size()) * kChunk), {}};
    if (first < last) {
      const size_t bytes = size_t((last - first) * kElement);
      if (checker.read) checker.read(source + first * kElement, bytes, __builtin_return_address(0));
      std::memcpy(piece.bytes + first * kElement, source + first * kElement, bytes);
    }
    pieces_.push_back(piece);
  }

  void start(Mbarrier* barrier) { bulk_copy(barrier, pieces_.data(), int(pieces_.size()), what_); }

 private:
  unsigned char* tile_;
  const char* what_;
  std::vector<BulkPiece> pieces_;
};

// A row of `elements` from element x of the innermost axis on; zeros where `inside` is false, and beyond the axis.
void add_row(Pieces& pieces, const TensorMap& map, int64_t offset, bool inside, int x, int elements) {
  constexpr int64_t each = kChunk / kElement;
  for (int64_t at = x; at < x + elements; at += each) {
    const int64_t first = std::clamp<int64_t>(-at, 0, each), last = inside ? std::clamp<int64_t>(map.extents[0] - at, 0, each) : 0;
    pieces.add(map.data + offset + at * kElement, int(first), int(last));
  }
}

}  // namespace

void tma_load_2d(void* target, const TensorMap& map, int x, int y, Mbarrier* barrier) {
  if (map.im2col || map.rank != 2) error("tma_load_2d: the map is no matrix's");
  Pieces pieces(target, "tma_load_2d");
  for (int row = 0; row < map.box[1]; row++) {
    const int64_t at = y + row;
    add_row(pieces, map, at * map.strides[1], at >= 0 && at < map.extents[1], x, map.box[0]);
  }
  pieces.start(barrier);
}

// Corners walk along w, then h, then the images, each between its ends; the pixel is the corner's and the offset.
void tma_load_im2col(void* target, const TensorMap& map, int c, int w, int h, int n, int offset_w, int offset_h, Mbarrier* barrier) {
  if (!map.im2col) error("tma_load_im2col: the map is a matrix's");
  Pieces pieces(target, "tma_load_im2col");
  const int64_t last_w = map.extents[1] - 1 + map.upper[0], last_h = map.extents[2] - 1 + map.upper[1];
  for (int pixel = 0; pixel < map.pixels; pixel++) {
    const int64_t at_w = w + offset_w, at_h = h + offset_h;
    const bool inside = at_w >= 0 && at_w < map.extents[1] && at_h >= 0 && at_h < map.extents[2] && n >= 0 && n < map.extents[3];
    add_row(pieces, map, at_w * map.strides[1] + at_h * map.strides[2] + n * map.strides[3], inside, c, map.channels);
    w += map.step[0];
    if (w > last_w) {
      w = map.lower[0];
      h += map.step[1];
    }
    if (h > last_h) {
      h = map.lower[1];
      n++;
    }
  }
  pieces.start(barrier);
}

namespace {

void check_map(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("internal: tensor map: ") + what);
}

TensorMap base_map(const void* data, int rank, const int64_t (&extents)[5]) {
  check_map(reinterpret_cast<uintptr_t>(data) % kChunk == 0, "the tensor is not aligned to 16 bytes");
  TensorMap map{};
  map.data = static_cast<const unsigned char*>(data);
  map.rank = rank;
  int64_t stride = kElement;
  for (int i = 0; i < rank; i++) {
    check_map(extents[i] > 0, "an extent of 0");
    check_map(i == 0 || stride % kChunk == 0, "a stride that is no multiple of 16 bytes");
    map.extents[i] = extents[i];
    map.strides[i] = stride;
    stride *= extents[i];
  }
  return map;
}

}  // namespace
}  // namespace emu

TensorMap tensor_map(const MatrixMap& matrix) {
  TensorMap map = emu::base_map(matrix.data, 2, {matrix.columns, matrix.rows});
  map.strides[1] = matrix.pitch * emu::kElement;
  emu::check_map(map.strides[1] % emu::kChunk == 0, "a stride that is no multiple of 16 bytes");
  emu::check_map(matrix.box_rows > 0 && matrix.box_rows <= 256 && matrix.box_columns * emu::kElement == kSwizzledRow, "a box that the swizzle does not take");
  map.box[0] = matrix.box_columns;
  map.box[1] = matrix.box_rows;
  return map;
}

TensorMap tensor_map(const ImageMap& images) {
  TensorMap map = emu::base_map(images.data, 4, {images.c, images.w, images.h, images.n});
  auto is_corner = [](int value) { return value >= -128 && value <= 127; };
  emu::check_map(is_corner(images.before_h) && is_corner(images.before_w) && is_corner(images.last_h) && is_corner(images.last_w), "a corner beyond a byte");
  emu::check_map(images.channels * emu::kElement == kSwizzledRow && images.pixels > 0 && images.pixels <= 1024, "a box that the swizzle does not take");
  emu::check_map(images.stride_h >= 1 && images.stride_h <= 8 && images.stride_w >= 1 && images.stride_w <= 8, "a stride that is not 1 to 8");
  map.im2col = true;
  map.lower[0] = -images.before_w, map.lower[1] = -images.before_h;
  map.upper[0] = images.last_w, map.upper[1] = images.last_h;
  map.step[0] = images.stride_w, map.step[1] = images.stride_h;
  map.channels = images.channels;
  map.pixels = images.pixels;
  return map;
}
