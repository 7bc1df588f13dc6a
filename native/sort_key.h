// Floats as unsigned integers of the same order, for sorts on both kinds of device.
#pragma once

#include "half.h"

namespace convolt {

// -0 has the key of 0, and NaN the largest; descending turns the order round.
HOST_DEVICE uint32_t sort_key(float value, bool descending) {
  uint32_t key = ~0u;
  if (value == value) {
    const uint32_t bits = bits_of(value == 0 ? 0.0f : value);
    key = bits >> 31 ? ~bits : bits | 0x80000000u;
  }
  return descending ? ~key : key;
}

}  // namespace convolt
