// ldmatrix on the host: when all lanes have met, each gets its elements of the rows that the lanes named.
#include "ldmatrix.cuh"

namespace emu {
namespace {

constexpr int kMatrices = 4, kRowBytes = 16;

struct Load {
  uint32_t* fragment;
  const unsigned char* row;
  bool transposed;
};

uint16_t element(void** lanes, int matrix, int row, int column) {
  uint16_t value;
  std::memcpy(&value, static_cast<Load*>(lanes[8 * matrix + row])->row + 2 * column, sizeof value);
  return value;
}

void load(void** lanes, unsigned present) {
  if (present != ~0u) error("ldmatrix: lanes %08x of a warp take part, and all 32 have to", present);
  for (int lane = 0; lane < 32; lane++) {
    auto* mine = static_cast<Load*>(lanes[lane]);
    const int along = lane / 4, pair = 2 * (lane % 4);
    for (int i = 0; i < kMatrices; i++) {
      const uint32_t first = mine->transposed ? element(lanes, i, pair, along) : element(lanes, i, along, pair);
      const uint32_t second = mine->transposed ? element(lanes, i, pair + 1, along) : element(lanes, i, along, pair + 1);
      mine->fragment[i] = first | second << 16;
    }
  }
}

}  // namespace

void ldmatrix(uint32_t* fragment, const void* row, bool transposed, Site site) {
  if (reinterpret_cast<uintptr_t>(row) % kRowBytes != 0) error("ldmatrix: the row at %p is not aligned to 16 bytes", row);
  if (checker.read) checker.read(row, kRowBytes, __builtin_return_address(0));
  Load mine{fragment, static_cast<const unsigned char*>(row), transposed};
  collective(~0u, load, &mine, false, "ldmatrix", site);
}

}  // namespace emu
