// Ops of the emulated device on tensors of more than 2^32 elements. Addresses are reserved for them but no memory: only the
// pages that hold an element that matters are ever there. All else reads as zero, so that an index that overflows shows in the
// result, if it does not end the program. Prints a line for each case: "NAME: ok", or the first element that is wrong.
#define CONVOLT_BACKEND emu
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "backend.h"
#include "device/device.cuh"

namespace {

using namespace convolt;

struct EmulatedContext final : Context {
  void* scratch(size_t bytes) override { return ::emu::allocate(bytes); }
};

template <class T>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct TypeOf<int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct TypeOf<uint8_t> {
  static constexpr DType value = DType::u8;
};

// A tensor of zeros that takes addresses only.
template <class T>
Buf reserve(int64_t numel) {
  const size_t bytes = size_t(numel) * sizeof(T);
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    std::perror("far_elements: mmap");
    std::exit(2);
  }
  madvise(data, bytes, MADV_NOHUGEPAGE);
  return {data, numel, TypeOf<T>::value};
}

template <class T>
Buf make(const std::vector<T>& values) {
  const Buf buf = reserve<T>(int64_t(values.size()));
  for (size_t i = 0; i < values.size(); i++) static_cast<T*>(buf.data)[i] = values[i];
  return buf;
}

Buf counting(int64_t numel) {
  std::vector<float> values;
  for (int64_t i = 0; i < numel; i++) values.push_back(float(i % 13 + 1));
  return make(values);
}

// x [n,h,w,c]
struct Image {
  int64_t h, w, c;
  int64_t at(int64_t n, int64_t row, int64_t column, int64_t channel) const { return ((n * h + row) * w + column) * c + channel; }
};

// Sets an element to a small number of its own, and returns it.
float plant(const Buf& x, int64_t at) {
  const float value = float(at % 31 + 1);
  static_cast<float*>(x.data)[at] = value;
  return value;
}

void report(const std::string& name, const Buf& y, const std::vector<double>& expected) {
  for (size_t i = 0; i < expected.size(); i++) {
    const double found = y.dtype == DType::u8 ? static_cast<const uint8_t*>(y.data)[i] : static_cast<const float*>(y.data)[i];
    if (found == expected[i]) continue;
    std::printf("%s: expected %g at element %zu, but got %g\n", name.c_str(), expected[i], i, found);
    return;
  }
  std::printf("%s: ok\n", name.c_str());
}

EmulatedContext context;
constexpr int kN = 2, kOutputs = 2, kTaps = 2;
constexpr int kHeight = 30'000, kWidth = 40'000;
constexpr int kStrideH = kHeight - kTaps, kStrideW = kWidth - kTaps;  // windows at both ends of each axis

// Calls body for each element of the window at an output.
void for_taps(int p, int q, const std::function<void(int tap, int h, int w)>& body) {
  for (int tap = 0; tap < kTaps * kTaps; tap++) body(tap, p * kStrideH + tap / kTaps, q * kStrideW + tap % kTaps);
}

ConvParams conv_of(int c, int k, int groups, ConvAlgorithm algorithm) {
  return {.n = kN, .d = 1, .h = kHeight, .w = kWidth, .c = c, .k = k, .t = 1, .r = kTaps, .s = kTaps, .z = 1, .p = kOutputs, .q = kOutputs,
          .strideD = 1, .strideH = kStrideH, .strideW = kStrideW, .padD = 0, .padH = 0, .padW = 0,
          .dilationD = 1, .dilationH = 1, .dilationW = 1, .groups = groups, .algorithm = int(algorithm), .tf32 = 0, .activation = 0};
}

void conv(const char* name, const ConvParams& p) {
  const Image image{kHeight, kWidth, p.c};
  const int channels = p.c / p.groups, filters = p.k / p.groups, taps = kTaps * kTaps;
  const Buf x = reserve<float>(kN * image.at(1, 0, 0, 0)), w = counting(int64_t(p.k) * taps * channels);
  const Buf y = reserve<float>(int64_t(kN) * kOutputs * kOutputs * p.k), dy = counting(y.numel), dw = reserve<float>(w.numel), none;
  const float *weights = static_cast<float*>(w.data), *gradients = static_cast<float*>(dy.data);
  std::vector<double> expected(size_t(y.numel)), expected_dw(size_t(w.numel));
  for (int64_t output = 0; output < y.numel / p.k; output++)
    for_taps(int(output / kOutputs % kOutputs), int(output % kOutputs), [&](int tap, int h, int column) {
      for (int c = 0; c < p.c; c++) {
        const double value = plant(x, image.at(output / kOutputs / kOutputs, h, column, c));
        for (int k = c / channels * filters; k < (c / channels + 1) * filters; k++) {
          const size_t weight = size_t((k * taps + tap) * channels + c % channels);
          expected[size_t(output * p.k + k)] += value * weights[weight];
          expected_dw[weight] += value * gradients[output * p.k + k];
        }
      }
    });
  const Buf forward[] = {x, w, none, none}, weight_grad[] = {x, dy};
  convolt::emu::conv_forward(context, forward, {&y, 1}, p);
  report(std::string(name) + ", forward", y, expected);
  convolt::emu::conv_weight_grad(context, weight_grad, {&dw, 1}, p);
  report(std::string(name) + ", weight gradient", dw, expected_dw);
}

// An image of a few elements in the middle of much padding, whose outputs are many: dx gathers the few that see it.
void conv_input_grad(const char* name, int c, int groups) {
  constexpr int extent = 2;
  ConvParams p = conv_of(c, c, groups, ConvAlgorithm::direct);
  p.h = p.w = extent, p.padH = kHeight / 2, p.padW = kWidth / 2, p.strideH = p.strideW = 1;
  p.p = extent + 2 * p.padH - kTaps + 1, p.q = extent + 2 * p.padW - kTaps + 1;
  const Image outputs{p.p, p.q, c};
  const int channels = c / groups, taps = kTaps * kTaps;
  const Buf dy = reserve<float>(kN * outputs.at(1, 0, 0, 0)), w = counting(int64_t(c) * taps * channels), dx = reserve<float>(kN * extent * extent * c);
  const float* weights = static_cast<float*>(w.data);
  std::vector<double> expected(size_t(dx.numel));
  for (int64_t i = 0; i < dx.numel; i++)
    for (int tap = 0; tap < taps; tap++) {
      const int64_t channel = i % c, group = channel / channels, column = i / c % extent, row = i / c / extent % extent, n = i / c / extent / extent;
      for (int64_t k = group * channels; k < (group + 1) * channels; k++) {
        const double gradient = plant(dy, outputs.at(n, row + p.padH - tap / kTaps, column + p.padW - tap % kTaps, k));
        expected[size_t(i)] += gradient * weights[(k * taps + tap) * channels + channel % channels];
      }
    }
  const Buf in[] = {dy, w};
  convolt::emu::conv_input_grad(context, in, {&dx, 1}, p);
  report(name, dx, expected);
}

PoolParams pool_of(int c) {
  return {.n = kN, .d = 1, .h = kHeight, .w = kWidth, .c = c, .t = 1, .r = kTaps, .s = kTaps, .z = 1, .p = kOutputs, .q = kOutputs,
          .strideD = 1, .strideH = kStrideH, .strideW = kStrideW, .padD = 0, .padH = 0, .padW = 0, .dilationD = 1, .dilationH = 1, .dilationW = 1,
          .afterD = 0, .afterH = 0, .afterW = 0, .countPadding = 0, .divisor = 1, .norm = 1};
}

void pools() {
  constexpr int c = 3;
  const PoolParams p = pool_of(c);
  const Image image{kHeight, kWidth, c};
  const Buf x = reserve<float>(kN * image.at(1, 0, 0, 0)), y = reserve<float>(kN * kOutputs * kOutputs * c), index = reserve<uint8_t>(y.numel);
  std::vector<double> largest(size_t(y.numel)), sum(size_t(y.numel));
  for (int64_t i = 0; i < y.numel; i++)
    for_taps(int(i / c / kOutputs % kOutputs), int(i / c % kOutputs), [&](int, int h, int w) {
      const double value = plant(x, image.at(i / c / kOutputs / kOutputs, h, w, i % c));
      sum[size_t(i)] += value;
      if (value > largest[size_t(i)]) largest[size_t(i)] = value;
    });
  const Buf with_index[] = {y, index};
  convolt::emu::max_pool_forward(context, {&x, 1}, with_index, p);
  report("max_pool_forward", y, largest);
  const Buf gathered = reserve<float>(y.numel), from[] = {x, index};
  convolt::emu::max_pool_gather(context, from, {&gathered, 1}, p);
  report("max_pool_gather", gathered, largest);
  convolt::emu::avg_pool_forward(context, {&x, 1}, {&y, 1}, p);
  report("avg_pool_forward", y, sum);
  convolt::emu::lp_pool_forward(context, {&x, 1}, {&y, 1}, p);
  report("lp_pool_forward", y, sum);
}

// x [outer,size,inner], of which the last but one place along the middle axis is wanted.
void gathers() {
  constexpr int outer = 2, size = 3'500'000, inner = 700, at = size - 2;
  const Buf x = reserve<float>(int64_t(outer) * size * inner), y = reserve<float>(outer * inner), one = make<float>({1});
  std::vector<double> expected;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) expected.push_back(plant(x, (o * size + at) * inner + i));
  const Buf index = make(std::vector<int32_t>(outer * inner, at)), row = make<int32_t>({at}), ends = make<int32_t>({1});
  const Buf each[] = {x, index}, rows[] = {x, row, Buf()}, matrix[] = {x, ends, row, one};
  convolt::emu::gather(context, each, {&y, 1}, {.outer = outer, .size = size, .inner = inner, .count = 1});
  report("gather", y, expected);
  convolt::emu::gather_rows(context, rows, {&y, 1}, {.outer = outer, .rows = size, .c = inner, .sources = 1, .taps = 1, .skip = 0});
  report("gather_rows", y, expected);
  convolt::emu::resample(context, matrix, {&y, 1}, {.outer = outer, .size = size, .inner = inner, .count = 1, .terms = 1});
  report("resample", y, expected);
}

// Every other element of x [2,3,2], 2^31 - 1 elements apart along the first axis and 2^30 along the second.
void copies() {
  const StridedParams p{.shape = {1, 1, 1, 2, 3, 2}, .stride = {0, 0, 0, INT32_MAX, 1 << 30, 2}, .reversed = {0, 0, 0, 0, 1, 0}};
  const Buf x = reserve<float>(int64_t(INT32_MAX) + 2 * (int64_t(1) << 30) + 3), y = reserve<float>(2 * 3 * 2);
  std::vector<double> expected;
  for (int64_t a = 0; a < 2; a++)
    for (int64_t b = 0; b < 3; b++)
      for (int64_t c = 0; c < 2; c++) expected.push_back(plant(x, a * INT32_MAX + (2 - b) * (int64_t(1) << 30) + 2 * c));
  convolt::emu::copy(context, {&x, 1}, {&y, 1}, p);
  report("copy", y, expected);
}

// The last pixel of each image of bytes.
void warps() {
  constexpr int c = 3;
  const Image image{kHeight, kWidth, c};
  const Buf x = reserve<uint8_t>(kN * image.at(1, 0, 0, 0)), y = reserve<uint8_t>(kN * c);
  const std::vector<float> to_last{0, 0, kWidth - 0.5f, 0, 0, kHeight - 0.5f};
  std::vector<float> matrices;
  std::vector<double> expected;
  for (int n = 0; n < kN; n++) {
    matrices.insert(matrices.end(), to_last.begin(), to_last.end());
    for (int channel = 0; channel < c; channel++) {
      const int64_t at = image.at(n, kHeight - 1, kWidth - 1, channel);
      expected.push_back(static_cast<uint8_t*>(x.data)[at] = uint8_t(at % 251 + 1));
    }
  }
  const Buf in[] = {x, make(matrices)};
  convolt::emu::warp(context, in, {&y, 1}, {.n = kN, .h = kHeight, .w = kWidth, .c = c, .p = 1, .q = 1,
                                            .interpolation = int(Interpolation::nearest), .border = int(WarpBorder::fill), .fill = 0});
  report("warp", y, expected);
}

}  // namespace

int main() {
  conv("im2col", conv_of(3, 2, 1, ConvAlgorithm::im2col));
  conv("im2col, groups", conv_of(4, 6, 2, ConvAlgorithm::im2col));
  conv("direct, groups", conv_of(4, 6, 2, ConvAlgorithm::direct));
  conv("direct, depthwise", conv_of(8, 8, 8, ConvAlgorithm::direct));
  conv("automatic", conv_of(8, 8, 1, ConvAlgorithm::automatic));
  conv_input_grad("direct, groups, input gradient", 4, 2);
  conv_input_grad("direct, depthwise, input gradient", 8, 8);
  pools();
  gathers();
  copies();
  warps();
}
