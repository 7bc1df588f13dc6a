// Tensor maps on a GPU: the driver writes them. Its functions are found at run time, as nothing links the driver.
#include "device/tensor_map.cuh"

#if defined(__CUDACC__)

namespace {

template <class Function>
Function driver_function(const char* name) {
  void* found = nullptr;
  cudaDriverEntryPointQueryResult result;
  constexpr unsigned since = 12000;
  if (cudaGetDriverEntryPointByVersion(name, &found, since, cudaEnableDefault, &result) != cudaSuccess || result != cudaDriverEntryPointSuccess)
    throw std::runtime_error(std::string("internal: tensor map: the driver has no ") + name);
  return reinterpret_cast<Function>(found);
}

void check(CUresult status, const char* what) {
  if (status != CUDA_SUCCESS) throw std::runtime_error(std::string("internal: tensor map: ") + what + " gives error " + std::to_string(int(status)));
}

CUtensorMapDataType type_of(TensorElement element) {
  return element == TensorElement::bf16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
}

constexpr cuuint64_t kElement = 2;  // bytes

}  // namespace

TensorMap tensor_map(const MatrixMap& matrix) {
  static const auto encode = driver_function<decltype(&cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled");
  const cuuint64_t extents[] = {cuuint64_t(matrix.columns), cuuint64_t(matrix.rows)}, strides[] = {cuuint64_t(matrix.pitch) * kElement};
  const cuuint32_t box[] = {cuuint32_t(matrix.box_columns), cuuint32_t(matrix.box_rows)}, steps[] = {1, 1};
  TensorMap result;
  check(encode(&result.map, type_of(matrix.element), 2, const_cast<void*>(matrix.data), extents, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
               CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
        "cuTensorMapEncodeTiled");
  return result;
}

TensorMap tensor_map(const ImageMap& images) {
  static const auto encode = driver_function<decltype(&cuTensorMapEncodeIm2col)>("cuTensorMapEncodeIm2col");
  const cuuint64_t c = cuuint64_t(images.c), w = cuuint64_t(images.w), h = cuuint64_t(images.h), n = cuuint64_t(images.n);
  const cuuint64_t extents[] = {c, w, h, n}, strides[] = {c * kElement, w * c * kElement, h * w * c * kElement};
  const int lower[] = {-images.before_w, -images.before_h}, upper[] = {images.last_w, images.last_h};
  const cuuint32_t steps[] = {1, cuuint32_t(images.stride_w), cuuint32_t(images.stride_h), 1};
  TensorMap result;
  check(encode(&result.map, type_of(images.element), 4, const_cast<void*>(images.data), extents, strides, lower, upper, cuuint32_t(images.channels),
               cuuint32_t(images.pixels), steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
               CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
        "cuTensorMapEncodeIm2col");
  return result;
}

#endif
