// Weights in the layout of the primitive that reads them, kept from call to call while nobody writes to the plain ones.
// Packing them anew takes as long as the convolution itself where there is one image only.
//
// One set for each device's thread, which is told of all writes to the device's memory (backend_cpu.cc). Weights are kept
// from the second call on: those of a training step change before there is one.
#pragma once

#include <cstddef>
#include <string>

namespace convolt::cpu {

struct PackedPlace {
  void* data;      // nullptr: nowhere, pack for this call alone
  bool is_filled;  // or to be filled by the caller
};

// Where weights of `bytes` bytes are kept in a layout, in which they take `packed_bytes`.
PackedPlace packed_place(const void* plain, size_t bytes, const std::string& layout, size_t packed_bytes);

// What lies in these bytes changes.
void note_write(const void* data, size_t bytes);

// Gives back all memory.
void drop_packed_weights();

}  // namespace convolt::cpu
