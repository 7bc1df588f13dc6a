// Copies of boxes of a tensor to shared memory by the tensor memory accelerator (sm_90 and newer). PTX ISA, "Data Movement and
// Conversion Instructions: Tensor copy" (tiled and im2col mode, swizzling modes); CUDA driver API, "Tensor Map Object
// Management".
//
// A map describes a tensor of 16-bit elements, its axes from the innermost on, and a box. tma_load_2d copies the box that
// begins at (x, y), zeros where it is outside; tma_load_im2col copies pixels one after another as a convolution's rows have
// them. Rows of 128 bytes are swizzled: the 16-byte chunk c of row r lies at chunk c ^ (r % 8), so the target is aligned to
// 1024 bytes. The bytes of a whole box arrive at the barrier.
#pragma once

#include "mbarrier.cuh"

constexpr int kSwizzledRow = 128, kSwizzleAlignment = 1024;  // bytes

#if defined(__CUDACC__)
#include <cuda.h>

struct TensorMap {
  CUtensorMap map;
};
#else
struct TensorMap {
  const unsigned char* data;
  int rank;
  int64_t extents[5], strides[5];  // strides in bytes, that of the innermost axis is an element's
  int box[5];                      // tiled mode
  bool im2col;
  int lower[3], upper[3], step[3];  // of the box of pixels, innermost first
  int channels, pixels;
};
#endif

enum class TensorElement { bf16, f16 };

// A matrix of `rows` rows of `columns` elements, `pitch` elements apart, in boxes of box_rows x box_columns.
struct MatrixMap {
  TensorElement element;
  const void* data;
  int64_t rows, columns, pitch;
  int box_rows, box_columns;
};

// Images [n,h,w,c] as a convolution reads them: `pixels` positions of a window's corner from one on, `channels` of each.
struct ImageMap {
  TensorElement element;
  const void* data;
  int64_t n, h, w, c;
  int before_h, before_w;          // padding before the image
  int last_h, last_w;              // where the last window's corner lies, counted from the image's last pixel
  int stride_h, stride_w;
  int channels, pixels;
};

// Throw std::runtime_error where an address, a stride or a box is not what the hardware takes.
TensorMap tensor_map(const MatrixMap& matrix);
TensorMap tensor_map(const ImageMap& images);

#if defined(__CUDACC__)

DEV void prefetch_tensor_map(const TensorMap* map) {
  if constexpr (kDeviceArchitecture >= 90) asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

DEV void tma_load_2d(void* target, const TensorMap* map, int x, int y, Mbarrier* barrier) {
  if constexpr (kDeviceArchitecture >= 90)
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
                     shared_address(target)),
                 "l"(map), "r"(x), "r"(y), "r"(shared_address(barrier))
                 : "memory");
  else __trap();
}

// From channel c of the window whose corner is (h, w) of image n; of each window the pixel at (offset_h, offset_w).
DEV void tma_load_im2col(void* target, const TensorMap* map, int c, int w, int h, int n, int offset_w, int offset_h, Mbarrier* barrier) {
  if constexpr (kDeviceArchitecture >= 90)
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4, %5}], [%6], {%7, %8};" ::"r"(
            shared_address(target)),
        "l"(map), "r"(c), "r"(w), "r"(h), "r"(n), "r"(shared_address(barrier)), "h"(uint16_t(offset_w)), "h"(uint16_t(offset_h))
        : "memory");
  else __trap();
}

#else

namespace emu {
void tma_load_2d(void* target, const TensorMap& map, int x, int y, Mbarrier* barrier);
void tma_load_im2col(void* target, const TensorMap& map, int c, int w, int h, int n, int offset_w, int offset_h, Mbarrier* barrier);
}  // namespace emu

inline void prefetch_tensor_map(const TensorMap*) {}
inline void tma_load_2d(void* target, const TensorMap* map, int x, int y, Mbarrier* barrier) { ::emu::tma_load_2d(target, *map, x, y, barrier); }
inline void tma_load_im2col(void* target, const TensorMap* map, int c, int w, int h, int n, int offset_w, int offset_h, Mbarrier* barrier) {
  ::emu::tma_load_im2col(target, *map, c, w, h, n, offset_w, offset_h, barrier);
}

#endif
