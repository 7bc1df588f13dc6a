// The two 16-bit float types that tensors may be stored in. Arithmetic is in float32: an element is widened
// when it is read, and rounded to the nearest (ties to even) when it is written.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#define HOST_DEVICE __host__ __device__ inline
#else
#include <cstring>
#define HOST_DEVICE inline
#endif

namespace convolt {

// The upper half of a float32: 8 bits of exponent, 7 of mantissa.
struct bf16 {
  uint16_t bits;
};

// IEEE 754 binary16: 5 bits of exponent, 10 of mantissa; overflows to infinity above 65504.
struct f16 {
  uint16_t bits;
};

HOST_DEVICE uint32_t bits_of(float value) {
#if defined(__CUDA_ARCH__)
  return __float_as_uint(value);
#else
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
#endif
}

HOST_DEVICE float float_of(uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(bits);
#else
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
#endif
}

HOST_DEVICE float widen(float value) { return value; }
HOST_DEVICE float widen(bf16 value) { return float_of(uint32_t(value.bits) << 16); }
HOST_DEVICE float widen(f16 value) {
#if defined(__CUDACC__)
  return __half2float(__half(__half_raw{value.bits}));
#else
  _Float16 half;
  memcpy(&half, &value.bits, sizeof half);
  return float(half);
#endif
}

// narrow<T>(value): value in the element type T.
template <class T>
HOST_DEVICE T narrow(float value);

template <>
HOST_DEVICE float narrow<float>(float value) {
  return value;
}

template <>
HOST_DEVICE bf16 narrow<bf16>(float value) {
  const uint32_t bits = bits_of(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return {uint16_t(bits >> 16 | 0x40)};  // NaN stays NaN
  return {uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

template <>
HOST_DEVICE f16 narrow<f16>(float value) {
#if defined(__CUDACC__)
  return {__half_raw(__float2half_rn(value)).x};
#else
  const _Float16 half = _Float16(value);
  f16 result;
  memcpy(&result.bits, &half, sizeof half);
  return result;
#endif
}

}  // namespace convolt
