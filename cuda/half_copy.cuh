// The copy of an optimiser's parameters in 16 bits, which the next forward pass multiplies with: written by the kernel that has
// the new values in registers.
#pragma once

#include "backend.h"
#include "element.h"

namespace convolt::CONVOLT_BACKEND {

// Calls body with the copy's elements: bf16* or f16*, nullptr if there is none.
template <class Body>
void with_half_copy(const Buf& copy, const Body& body) {
  if (copy.data && copy.dtype == DType::f16) body(copy.as<f16>());
  else body(copy.as<bf16>());
}

}  // namespace convolt::CONVOLT_BACKEND
