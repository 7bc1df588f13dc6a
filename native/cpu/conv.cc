// Convolution and its gradients by oneDNN, and by plain loops for what oneDNN does not take (negative padding, say).
#include "backend.h"

#include <algorithm>

#include "conv_activation.h"
#include "few_channels.h"
#include "half.h"
#include "onednn.h"
#include "parallel.h"
#include "products_bf16.h"

namespace convolt::cpu {
namespace {

// Calls visit(filter, output, input, weight offset, channels) for every meeting of a filter tap with an image
// position: `output` and `input` are offsets into y and x of image n; the input offset is that of the group's first channel.
template <class Visit>
void for_taps(const ConvParams& p, int64_t n, int first_filter, int last_filter, const Visit& visit) {
  const int channels = p.c / p.groups, filters = p.k / p.groups;
  for (int k = first_filter; k < last_filter; k++)
    for (int z = 0; z < p.z; z++)
      for (int o = 0; o < p.p; o++)
        for (int q = 0; q < p.q; q++)
          for (int t = 0; t < p.t; t++)
            for (int r = 0; r < p.r; r++)
              for (int s = 0; s < p.s; s++) {
                const int64_t d = int64_t(z) * p.strideD - p.padD + int64_t(t) * p.dilationD;
                const int64_t h = int64_t(o) * p.strideH - p.padH + int64_t(r) * p.dilationH;
                const int64_t w = int64_t(q) * p.strideW - p.padW + int64_t(s) * p.dilationW;
                if (d < 0 || d >= p.d || h < 0 || h >= p.h || w < 0 || w >= p.w) continue;
                const int64_t output = (((n * p.z + z) * p.p + o) * p.q + q) * p.k + k;
                const int64_t input = (((n * p.d + d) * p.h + h) * p.w + w) * p.c + k / filters * channels;
                const int64_t weight = (((int64_t(k) * p.t + t) * p.r + r) * p.s + s) * channels;
                visit(output, input, weight, channels);
              }
}

void plain_forward(const ConvParams& p, const ConvBuffers& b) {
  const int64_t image = int64_t(p.z) * p.p * p.q;
  parallel_for(p.n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) {
      for (int64_t i = 0; i < image * p.k; i++) b.y[n * image * p.k + i] = b.bias ? b.bias[i % p.k] : 0.0f;
      for_taps(p, n, 0, p.k, [&](int64_t output, int64_t input, int64_t weight, int channels) {
        float sum = 0;
        for (int c = 0; c < channels; c++) sum += b.x[input + c] * b.w[weight + c];
        b.y[output] += sum;
      });
    }
  });
}

void plain_input_grad(const ConvParams& p, const ConvBuffers& b) {
  const int64_t image = int64_t(p.d) * p.h * p.w * p.c;
  parallel_for(p.n, 1, [&](int64_t begin, int64_t end) {
    std::fill(b.x + begin * image, b.x + end * image, 0.0f);
    for (int64_t n = begin; n < end; n++)
      for_taps(p, n, 0, p.k, [&](int64_t output, int64_t input, int64_t weight, int channels) {
        for (int c = 0; c < channels; c++) b.x[input + c] += b.y[output] * b.w[weight + c];
      });
  });
}

void plain_weight_grad(const ConvParams& p, const ConvBuffers& b) {
  const int64_t filter = int64_t(p.t) * p.r * p.s * (p.c / p.groups);
  parallel_for(p.k, 1, [&](int64_t begin, int64_t end) {
    std::fill(b.w + begin * filter, b.w + end * filter, 0.0f);
    for (int64_t n = 0; n < p.n; n++)
      for_taps(p, n, int(begin), int(end), [&](int64_t output, int64_t input, int64_t weight, int channels) {
        for (int c = 0; c < channels; c++) b.w[weight + c] += b.y[output] * b.x[input + c];
      });
  });
}

// Of three tensors that a product sums over, is one empty? Then the result is the bias, or zero; and extents whose
// product is nothing may each be of any size, so nobody must loop over them.
bool has_empty(const Buf& a, const Buf& b, const Buf& c) { return a.numel == 0 || b.numel == 0 || c.numel == 0; }

// y = f(y + residual), each of the two where it is wanted.
void finish_forward(const ConvParams& p, const ConvBuffers& b, int64_t n) {
  const auto activation = ConvActivation(p.activation);
  if (!b.residual && activation == ConvActivation::none) return;
  parallel_for(n, kElementGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) b.y[i] = activated(b.y[i] + (b.residual ? b.residual[i] : 0.0f), activation);
  });
}

// May loops of our own run? Nobody asks for others.
bool may_be_direct(const ConvParams& p) {
  const auto wanted = ConvAlgorithm(p.algorithm);
  return wanted == ConvAlgorithm::automatic || wanted == ConvAlgorithm::direct;
}

}  // namespace

void conv_forward(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const ConvBuffers b{in[0].as<float>(), in[1].as<float>(), in[2].as<float>(), in[3].as<float>(), out[0].as<float>()};
  const bool is_empty = has_empty(in[0], in[1], out[0]), few_channels = !is_empty && may_be_direct(p) && has_few_channels(p) && p.k <= kMostForwardFilters;
  if (!is_empty && !few_channels && onednn_convolution(ctx, ConvPass::forward, p, b)) return;
  if (is_empty) {
    for (int64_t i = 0; i < out[0].numel; i++) b.y[i] = b.bias ? b.bias[i % p.k] : 0.0f;
  } else if (few_channels) {
    few_channels_forward(ctx, p, b);
  } else {
    plain_forward(p, b);
  }
  finish_forward(p, b, out[0].numel);
}

void conv_input_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const ConvBuffers b{out[0].as<float>(), in[1].as<float>(), nullptr, nullptr, in[0].as<float>()};
  if (has_empty(in[0], in[1], out[0])) std::fill_n(b.x, out[0].numel, 0.0f);
  else if (!onednn_convolution(ctx, ConvPass::input_grad, p, b)) plain_input_grad(p, b);
}

void conv_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const ConvBuffers b{in[0].as<float>(), out[0].as<float>(), nullptr, nullptr, in[1].as<float>()};
  if (has_empty(in[0], in[1], out[0])) std::fill_n(b.w, out[0].numel, 0.0f);
  else if (may_be_direct(p) && has_few_channels(p)) few_channels_weight_grad(ctx, p, b);
  else if (!onednn_convolution(ctx, ConvPass::weight_grad, p, b)) plain_weight_grad(p, b);
}

bool conv_forward_bf16(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (in[0].dtype != DType::bf16 || has_empty(in[0], in[1], out[0])) return false;
  return onednn_convolution<bf16>(ctx, ConvPass::forward, p, {in[0].as<bf16>(), in[1].as<bf16>(), in[2].as<bf16>(), in[3].as<bf16>(), out[0].as<bf16>()});
}

}  // namespace convolt::cpu
