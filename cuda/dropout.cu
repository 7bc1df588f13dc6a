// Dropout (Srivastava et al., JMLR 2014), inverted: y = x * keep / (1 - p).
//
// Algorithm  elementwise; four elements share one Philox block. The random state {seed, counter} lies in device
//            memory, and a one-thread kernel advances it afterwards, so that a recorded step draws anew.
// Shapes     x, y, mask [*]; random [4] = {seed low, seed high, counter low, counter high}.
// Bytes      9 an element (read x, write y and a mask byte), 5 of 16-bit floats; gradient the same.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"
#include "philox.h"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class T>
__global__ void __launch_bounds__(kBlock)
    dropout_kernel(const T* __restrict__ x, const uint32_t* __restrict__ random, T* __restrict__ y, uint8_t* __restrict__ mask,
                   int64_t n, float probability) {
  const float scale = probability < 1 ? 1.0f / (1.0f - probability) : 0.0f;
  for (int64_t group = first_element(); group * 4 < n; group += grid_threads()) {
    const PhiloxWords words = philox(counter_of(random) + group, random[0], random[1]);
    for (int j = 0; j < 4 && group * 4 + j < n; j++) {
      const int64_t i = group * 4 + j;
      const bool keep = float(words.word[j] >> 8) * 0x1p-24f >= probability;
      mask[i] = keep;
      y[i] = narrow<T>(keep ? widen(x[i]) * scale : 0.0f);
    }
  }
}

__global__ void advance_kernel(uint32_t* random, uint64_t groups) { advance(random, groups); }

template <class T>
__global__ void __launch_bounds__(kBlock)
    dropout_grad_kernel(const T* __restrict__ dy, const uint8_t* __restrict__ mask, T* __restrict__ dx, int64_t n, float probability) {
  const float scale = probability < 1 ? 1.0f / (1.0f - probability) : 0.0f;
  for (int64_t i = first_element(); i < n; i += grid_threads()) dx[i] = narrow<T>(mask[i] ? widen(dy[i]) * scale : 0.0f);
}

}  // namespace

void dropout_forward(Context& ctx, Bufs in, Bufs out, const DropoutParams& p) {
  const int64_t n = out[0].numel, groups = (n + 3) / 4;
  if (n == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(dropout_kernel<T>, blocks_for(groups), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<uint32_t>(), out[0].as<T>(),
           out[1].as<uint8_t>(), n, p.probability);
  });
  launch(advance_kernel, 1, 1, 0, ctx.stream, in[1].as<uint32_t>(), groups);
}

void dropout_grad(Context& ctx, Bufs in, Bufs out, const DropoutParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(dropout_grad_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<uint8_t>(), out[0].as<T>(), n,
           p.probability);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
