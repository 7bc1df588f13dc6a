// Runs a convolution or one of its gradients in bf16 on the emulated device and prints, for each launch, a JSON object a line
// of what it moved: {"kernel": …, "products": …, "passes": …, "conflicts": …, "buffers": {"x": {"requested": …, …}, "w": …,
// "y": …, …}}, with "normalised" for what a batch normalisation makes of y, and "others" for what remains.
//
//   traffic PASS ALGORITHM n h w c k kernel stride padding groups cache     cache in bytes
//
// ALGORITHM: implicit_gemm, wgmma or direct.
// PASS: forward, input_grad, weight_grad, or a forward pass and a batch normalisation: batch_norm, or conv_batch_norm as one;
//       normalized_forward and normalized_weight_grad of x that is normalised on the way.
#define CONVOLT_BACKEND emu
#include "backend.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "device/device.cuh"
#include "device/traffic.h"

namespace {

using namespace convolt;

struct EmulatedContext final : Context {
  void* scratch(size_t bytes) override { return ::emu::allocate(bytes); }
};

// bf16 numbers around 1.
Buf make(int64_t numel) {
  auto* data = static_cast<uint16_t*>(::emu::allocate(size_t(numel) * 2));
  for (int64_t i = 0; i < numel; i++) data[i] = uint16_t(0x3f80 + i % 61);
  ::emu::note_host_access(data, size_t(numel) * 2, true);
  return {data, numel, DType::bf16};
}

void print_buffer(const char* name, const ::emu::BufferTraffic& buffer) {
  std::printf("\"%s\":{\"requested\":%zu,\"sectors\":%zu,\"fetched\":%zu,\"written\":%zu}", name, buffer.requested, buffer.sectors, buffer.fetched,
              buffer.written);
}

void add(::emu::BufferTraffic& sum, const ::emu::BufferTraffic& part) {
  sum.requested += part.requested;
  sum.sectors += part.sectors;
  sum.fetched += part.fetched;
  sum.written += part.written;
}

ConvBatchNormParams with_norm(const ConvParams& p) {
  ConvBatchNormParams params;
  std::memcpy(&params, &p, sizeof p);
  params.momentum = 0.1f, params.eps = 1e-5f;
  return params;
}

Buf make_floats(int64_t numel) {
  auto* data = static_cast<float*>(::emu::allocate(size_t(numel) * sizeof(float)));
  for (int64_t i = 0; i < numel; i++) data[i] = 1;
  ::emu::note_host_access(data, size_t(numel) * sizeof(float), true);
  return {data, numel, DType::f32};
}

// Of max((x - 1) 1, 0).
void normalized_products(Context& context, bool forward, const Buf& x, const Buf& w, const Buf& y, const ConvParams& p) {
  const Buf none, of_x = make_floats(p.c), mean = make_floats(p.k), invstd = make_floats(p.k);
  const Buf in[] = {x, w, none, of_x, of_x, none, none, none, none}, out[] = {y, mean, invstd};
  const Buf in_of_grad[] = {x, y, of_x, of_x, none, none};
  if (forward) convolt::emu::conv_batch_norm_forward(context, in, out, with_norm(p));
  else convolt::emu::conv_batch_norm_weight_grad(context, in_of_grad, {&w, 1}, p);
}

// y = conv(x, w) and its normalisation, by the op that does part of the second in the first, or by the two ops.
void normalise(Context& context, bool together, Bufs conv, const Buf& y, const Buf& normalised, const ConvParams& p) {
  const NormParams norm{.rows = p.n * p.z * p.p * p.q, .c = p.k, .training = 1, .relu = 1, .momentum = 0.1f, .eps = 1e-5f};
  auto* statistics = static_cast<float*>(::emu::allocate(size_t(p.k) * 2 * sizeof(float)));
  const Buf none, mean{statistics, p.k, DType::f32}, invstd{statistics + p.k, p.k, DType::f32};
  if (!together) {
    const Buf in[] = {y, none, none, none, none, none}, out[] = {normalised, mean, invstd};
    convolt::emu::conv_forward(context, conv, {&y, 1}, p);
    return convolt::emu::batch_norm_train(context, in, out, norm);
  }
  const Buf in[] = {conv[0], conv[1], none, none, none, none, none, none, none}, out[] = {y, mean, invstd}, known[] = {y, none, none, none, mean, invstd};
  convolt::emu::conv_batch_norm_forward(context, in, out, with_norm(p));
  convolt::emu::batch_norm_apply(context, known, {&normalised, 1}, norm);
}

ConvAlgorithm algorithm_of(const std::string& name) {
  if (name == "direct") return ConvAlgorithm::direct;
  return name == "wgmma" ? ConvAlgorithm::wgmma : ConvAlgorithm::implicit_gemm;
}

}  // namespace

int main(int, char** arguments) {
  const std::string pass = arguments[1];
  int numbers[9];
  for (int i = 0; i < 9; i++) numbers[i] = std::atoi(arguments[3 + i]);
  const auto [n, h, w, c, k, kernel, stride, pad, groups] = numbers;
  const int p = (h + 2 * pad - kernel) / stride + 1, q = (w + 2 * pad - kernel) / stride + 1;
  const ConvParams params{.n = n, .d = 1, .h = h, .w = w, .c = c, .k = k, .t = 1, .r = kernel, .s = kernel, .z = 1, .p = p, .q = q,
                          .strideD = 1, .strideH = stride, .strideW = stride, .padD = 0, .padH = pad, .padW = pad,
                          .dilationD = 1, .dilationH = 1, .dilationW = 1, .groups = groups, .algorithm = int(algorithm_of(arguments[2])), .tf32 = 0, .activation = 0};
  const Buf x = make(int64_t(n) * h * w * c), weights = make(int64_t(k) * kernel * kernel * (c / groups)), y = make(int64_t(n) * p * q * k), normalised = make(y.numel), none;
  EmulatedContext context;
  ::emu::measure_traffic(size_t(std::atoll(arguments[12])));
  const Buf forward[] = {x, weights, none, none}, input_grad[] = {y, weights}, weight_grad[] = {x, y};
  if (pass == "forward") convolt::emu::conv_forward(context, forward, {&y, 1}, params);
  else if (pass == "input_grad") convolt::emu::conv_input_grad(context, input_grad, {&x, 1}, params);
  else if (pass == "weight_grad") convolt::emu::conv_weight_grad(context, weight_grad, {&weights, 1}, params);
  else if (pass.starts_with("normalized_")) normalized_products(context, pass == "normalized_forward", x, weights, y, params);
  else normalise(context, pass == "conv_batch_norm", forward, y, normalised, params);

  for (::emu::LaunchTraffic& launch : ::emu::take_traffic()) {
    std::string name = launch.kernel;
    for (char& letter : name)
      if (letter == '"' || letter == '\\') letter = '\'';
    // Copies and ldmatrix go by 16 bytes, what is normalised by 8; the sums go by float2, whose halves the host's compiler
    // writes one by one.
    std::printf("{\"kernel\":\"%s\",\"products\":%zu,\"passes\":%zu,\"conflicts\":%zu,\"buffers\":{", name.c_str(), launch.products,
                launch.shared_passes, launch.bank_conflicts[16] + launch.bank_conflicts[8]);
    print_buffer("x", launch.buffers[x.data]);
    std::printf(",");
    print_buffer("w", launch.buffers[weights.data]);
    std::printf(",");
    print_buffer("y", launch.buffers[y.data]);
    std::printf(",");
    print_buffer("normalised", launch.buffers[normalised.data]);
    ::emu::BufferTraffic others;
    for (const auto& [data, buffer] : launch.buffers)
      if (data != x.data && data != weights.data && data != y.data && data != normalised.data) add(others, buffer);
    std::printf(",");
    print_buffer("others", others);
    std::printf("}}\n");
  }
}
