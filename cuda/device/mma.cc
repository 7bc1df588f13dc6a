// mma.sync on the host: when all lanes have met, their fragments are put together to matrices and multiplied.
#include "mma.cuh"

namespace emu {
namespace {

constexpr int kMostRows = 64, kMostColumns = 64, kMostDepth = 16;  // the matrices lie on the stack of a fiber

struct Product {
  MmaType type;
  float* d;
  const uint32_t *a, *b;
  int mi, ni;
};

float from_bf16(uint32_t bits) {
  const uint32_t wide = bits << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

float from_f16(uint32_t bits) {
  const auto low = uint16_t(bits);
  _Float16 value;
  std::memcpy(&value, &low, sizeof value);
  return float(value);
}

float from_tf32(uint32_t bits) {
  const uint32_t kept = bits & 0xffffe000;
  float value;
  std::memcpy(&value, &kept, sizeof value);
  return value;
}

// Calls set(k, value) for the one or two elements of a register, whose place among those of its row of four lanes is t.
template <class Set>
void unpack(MmaType type, uint32_t bits, int t, int half, const Set& set) {
  switch (type) {
    case MmaType::bf16: return set(2 * t + 8 * half, from_bf16(bits & 0xffff)), set(2 * t + 8 * half + 1, from_bf16(bits >> 16));
    case MmaType::f16: return set(2 * t + 8 * half, from_f16(bits & 0xffff)), set(2 * t + 8 * half + 1, from_f16(bits >> 16));
    case MmaType::tf32: return set(t + 4 * half, from_tf32(bits));
  }
}

void multiply(void** lanes, unsigned present) {
  if (present != ~0u) error("mma: lanes %08x of a warp take part, and all 32 have to", present);
  const auto& first = *static_cast<Product*>(lanes[0]);
  const int rows = 16 * first.mi, columns = 8 * first.ni, depth = first.type == MmaType::tf32 ? 8 : 16;
  if (observer.products) observer.products(size_t(rows) * size_t(columns) * size_t(depth));
  if (rows > kMostRows || columns > kMostColumns) error("mma: a tile of %d x %d; the emulator multiplies up to 64 x 64", rows, columns);
  float a[kMostRows][kMostDepth], b[kMostDepth][kMostColumns], sum[kMostRows][kMostColumns];
  for (int lane = 0; lane < 32; lane++) {
    const auto& mine = *static_cast<Product*>(lanes[lane]);
    const int g = lane / 4, t = lane % 4;
    for (int i = 0; i < first.mi; i++)
      for (int v = 0; v < 4; v++)
        unpack(first.type, mine.a[4 * i + v], t, v / 2, [&](int k, float value) { a[16 * i + 8 * (v % 2) + g][k] = value; });
    for (int j = 0; j < first.ni; j++)
      for (int v = 0; v < 2; v++) unpack(first.type, mine.b[2 * j + v], t, v, [&](int k, float value) { b[k][8 * j + g] = value; });
  }
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) sum[i][j] = 0;
    for (int k = 0; k < depth; k++)
      for (int j = 0; j < columns; j++) sum[i][j] += a[i][k] * b[k][j];
  }
  for (int lane = 0; lane < 32; lane++) {
    float* d = static_cast<Product*>(lanes[lane])->d;
    const int g = lane / 4, t = lane % 4;
    for (int i = 0; i < first.mi; i++)
      for (int j = 0; j < first.ni; j++)
        for (int v = 0; v < 4; v++) d[(i * first.ni + j) * 4 + v] += sum[16 * i + 8 * (v / 2) + g][8 * j + 2 * t + v % 2];
  }
}

}  // namespace

void mma(MmaType type, float* d, const uint32_t* a, const uint32_t* b, int mi, int ni, Site site) {
  Product mine{type, d, a, b, mi, ni};
  collective(~0u, multiply, &mine, false, "mma", site);
}

}  // namespace emu
