// Between the 16-bit float types and float32.
#pragma once

#include "abi.h"

namespace convolt::cpu {

void widen_all(const Buf& from, float* to);
void narrow_all(const float* from, const Buf& to);

}  // namespace convolt::cpu
