// Element types of buffers as C++ types: code that is written once for all of them.
#pragma once

#include <stdexcept>

#include "abi.h"
#include "half.h"

namespace convolt {

// Calls body(T()) with the element type T.
template <class Body>
void with_element(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::f32: return body(float());
    case DType::i32: return body(int32_t());
    case DType::u8: return body(uint8_t());
    case DType::bf16: return body(bf16());
    case DType::f16: return body(f16());
  }
  throw std::logic_error("internal: an unknown element type");
}

// The same for the float types, which `:f` in ops.def stands for. Read with widen(), write with narrow<T>().
template <class Body>
void with_float(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::f32: return body(float());
    case DType::bf16: return body(bf16());
    case DType::f16: return body(f16());
    default: break;
  }
  throw std::logic_error("internal: not a float type");
}

HOST_DEVICE float widen(int32_t value) { return float(value); }
HOST_DEVICE float widen(uint8_t value) { return float(value); }

// The whole part of a float, at the nearest end of the integer's range if it lies outside of it; NaN becomes 0.
HOST_DEVICE int64_t whole_part(float value, int64_t least, int64_t most) {
  if (value >= float(most)) return most;
  if (value <= float(least)) return least;
  return value == value ? int64_t(value) : 0;
}

template <>
HOST_DEVICE int32_t narrow<int32_t>(float value) {
  return int32_t(whole_part(value, INT32_MIN, INT32_MAX));
}

template <>
HOST_DEVICE uint8_t narrow<uint8_t>(float value) {
  return uint8_t(whole_part(value, 0, 255));
}

// Any element in another type. Integers do not pass through float32, which would round large ones.
template <class To, class From>
HOST_DEVICE To cast_element(From value) {
  return narrow<To>(widen(value));
}

template <>
HOST_DEVICE int32_t cast_element<int32_t, int32_t>(int32_t value) {
  return value;
}

}  // namespace convolt
