// wgmma on the host. A product is done when its threads wait for it, as late as it may be: until then its sums are NaN, and
// what it reads is read then.
#include "wgmma.cuh"

#include <vector>

namespace emu {
namespace {

constexpr int kMostThreads = 1024, kMostColumns = 256, kElement = 2, kChunk = 16;  // the last two in bytes

struct Product {
  MmaType type;
  int n;
  float* d;
  WgmmaOperand a, b;
  bool adds;
  int group;
  std::vector<float> before;  // the sums that it adds to; empty where an earlier product that is under way makes them
};

// The products that a thread takes part in.
struct Thread {
  std::vector<Product> products;
  int groups = 0;
  const float* fenced = nullptr;
};
thread_local std::vector<Thread> threads;  // of the running block, if it multiplies

Thread& this_thread() {
  if (threads.empty()) threads.resize(kMostThreads);
  return threads[size_t(thread_in_block())];
}

float element(MmaType type, const unsigned char* bytes) {
  uint16_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  if (type == MmaType::bf16) {
    const uint32_t wide = uint32_t(bits) << 16;
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
  }
  _Float16 value;
  std::memcpy(&value, &bits, sizeof value);
  return float(value);
}

// Where element k of a row of a, or of a column of b, lies: the canonical layouts of PTX ISA, ((8,m),(T,2k)):((8T,SBO),(1,T))
// by k and ((T,8,m),(8,k)):((1,T,LBO),(8T,SBO)) by mn, in chunks T of eight elements, and the swizzle of the address.
const unsigned char* place(const WgmmaOperand& operand, int row, int k) {
  auto field = [&](int first_bit) { return unsigned(operand.descriptor >> first_bit & 0x3fff) << 4; };
  const unsigned start = field(0), leading = field(16), stride = field(32), r = unsigned(row), depth = unsigned(k);
  const unsigned offset = operand.major == WgmmaMajor::k ? r / 8 * stride + r % 8 * kSwizzledRow + depth * kElement
                                                         : r / 64 * leading + depth / 8 * stride + depth % 8 * kSwizzledRow + r % 64 * kElement;
  const unsigned address = start + offset;
  return shared_pointer(address ^ (address >> 7 & 7) << 4);
}

// Elements of a row by k are read in chunks.
void read_row(MmaType type, const WgmmaOperand& operand, int row, bool checked, float (&values)[kWgmmaDepth]) {
  const int together = operand.major == WgmmaMajor::k ? kChunk / kElement : 1;
  for (int k = 0; k < kWgmmaDepth; k++) {
    const unsigned char* bytes = place(operand, row, k);
    if (checked && checker.read && k % together == 0) checker.read(bytes, size_t(together * kElement), __builtin_return_address(0));
    values[k] = element(type, bytes);
  }
}

// Adds up this thread's sums. Of what all lanes read, each reports its part to the checker.
void finish(const Product& p) {
  const int number = thread_in_block(), lane = number % 32, warp = number / 32 % 4, g = lane / 4, t = lane % 4;
  float rows[2][kWgmmaDepth], column[kWgmmaDepth];
  for (int half = 0; half < 2; half++) read_row(p.type, p.a, 16 * warp + g + 8 * half, t == 0, rows[half]);
  std::vector<float> start = p.before;
  if (start.empty()) start.assign(p.d, p.d + p.n / 2);
  for (int n = 0; n < p.n; n++) {
    const bool mine = n % 8 / 2 == t, checked = n % 32 == lane;
    if (!mine && !checked) continue;
    read_row(p.type, p.b, n, checked, column);
    for (int half = 0; half < 2 && mine; half++) {
      const int i = n / 8 * 4 + 2 * half + n % 2;
      float sum = 0;
      for (int k = 0; k < kWgmmaDepth; k++) sum += rows[half][k] * column[k];
      p.d[i] = p.adds ? start[size_t(i)] + sum : sum;
    }
  }
}

struct Arguments {
  int n;
  WgmmaOperand a, b;
  bool adds;
};

// All lanes name the same matrices.
void compare(void** lanes, unsigned present) {
  constexpr size_t warps = 4;
  if (present != ~0u) error("wgmma: lanes %08x of a warp take part, and all 32 have to", present);
  const auto& first = *static_cast<Arguments*>(lanes[0]);
  for (int lane = 1; lane < 32; lane++) {
    const auto& other = *static_cast<Arguments*>(lanes[lane]);
    if (other.n != first.n || !(other.a == first.a) || !(other.b == first.b) || other.adds != first.adds) error("wgmma: lane %d has other arguments than lane 0", lane);
  }
  if (observer.products) observer.products(kWgmmaRows / warps * size_t(first.n) * kWgmmaDepth);
}

}  // namespace

void wgmma_fence(float* d) { this_thread().fenced = d; }

void wgmma(MmaType type, int n, float* d, WgmmaOperand a, WgmmaOperand b, bool adds, Site site) {
  if (n > kMostColumns || n % 8 != 0) error("wgmma: %d columns", n);
  if (a.descriptor >> 62 != 1 || b.descriptor >> 62 != 1) error("wgmma: a descriptor without the swizzle of 128 bytes");
  Arguments mine{n, a, b, adds};
  collective(~0u, compare, &mine, false, "wgmma", site);
  Thread& self = this_thread();
  if (self.fenced != d) error("wgmma: no wgmma_fence for these sums since they were settled");
  bool follows = false;
  for (const Product& earlier : self.products) follows = follows || earlier.d == d;
  self.products.push_back({type, n, d, a, b, adds, self.groups, {}});
  if (!follows) self.products.back().before.assign(d, d + n / 2);
  for (int i = 0; i < n / 2; i++) d[i] = __builtin_nanf("");
}

void wgmma_commit() { this_thread().groups++; }

void wgmma_wait(int groups) {
  Thread& self = this_thread();
  size_t done = 0;
  for (; done < self.products.size() && self.products[done].group < self.groups - groups; done++) finish(self.products[done]);
  self.products.erase(self.products.begin(), self.products.begin() + long(done));
  if (self.products.empty()) {
    self.fenced = nullptr;
    return;
  }
  // Later products go on from what was made here; nobody may look at it before.
  Product& next = self.products.front();
  if (next.before.empty()) next.before.assign(next.d, next.d + next.n / 2);
  for (int i = 0; i < next.n / 2; i++) next.d[i] = __builtin_nanf("");
}

void end_products() {
  for (const Thread& thread : threads)
    if (!thread.products.empty()) error("a block ends with products under way that nobody waited for");
  threads.clear();
}

}  // namespace emu
