// Division of whole numbers from 0 to 2^31 - 1 by one that a launch fixes: a multiplication and a shift, where a GPU needs
// some twenty instructions to divide. T. Granlund, P. Montgomery, "Division by invariant integers using multiplication", 1994.
#pragma once

#include "device/device.cuh"

struct Divisor {
  uint32_t divisor, multiplier, shift;

  constexpr Divisor() : Divisor(1) {}
  // value: at least 1.
  constexpr explicit Divisor(int value) : divisor(uint32_t(value)), multiplier(0), shift(31) {
    while ((uint64_t(1) << (shift - 31)) < divisor) shift++;
    multiplier = uint32_t(((uint64_t(1) << shift) + divisor - 1) / divisor);
  }

  // n / value, and n % value into n.
  DEV int divide(int& n) const {
    const auto quotient = uint32_t(uint64_t(uint32_t(n)) * multiplier >> shift);
    n = int(uint32_t(n) - quotient * divisor);
    return int(quotient);
  }
};
