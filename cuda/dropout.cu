// Dropout (Srivastava et al., JMLR 2014), inverted: y = x * keep / (1 - p).
//
// Algorithm  elementwise, a vector of 16 bytes a thread; four elements share one Philox block. The random state {seed, counter} lies in device
//            memory, and a one-thread kernel advances it afterwards, so that a recorded step draws anew.
// Shapes     x, y, mask [*]; random [4] = {seed low, seed high, counter low, counter high}.
// Bytes      9 an element (read x, write y and a mask byte), 5 of 16-bit floats; gradient the same.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "philox.h"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int kWords = 4;  // of a Philox block

template <class T>
__global__ void __launch_bounds__(kBlock)
    dropout_kernel(const T* __restrict__ x, const uint32_t* __restrict__ random, T* __restrict__ y, uint8_t* __restrict__ mask,
                   int64_t n, bool aligned, float probability) {
  const float scale = probability < 1 ? 1.0f / (1.0f - probability) : 0.0f;
  for_vectors<kVector<T>>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    Vector<uint8_t, V> keep{};
    UNROLL
    for (int first = 0; first < V; first += kWords) {
      const PhiloxWords words = philox(counter_of(random) + (i + first) / kWords, random[0], random[1]);
      UNROLL
      for (int j = 0; j < kWords; j++) {
        const bool kept = float(words.word[j] >> 8) * 0x1p-24f >= probability;
        if constexpr (V > 1) keep.element[first + j] = kept;
        else if (i % kWords == j) keep.element[0] = kept;
      }
    }
    write(keep, true, mask + i);
    float values[V];
    load(x + i, true, values);
    UNROLL for (int v = 0; v < V; v++) values[v] = keep.element[v] ? values[v] * scale : 0.0f;
    store(values, true, y + i);
  });
}

__global__ void advance_kernel(uint32_t* random, uint64_t groups) { advance(random, groups); }

template <class T>
__global__ void __launch_bounds__(kBlock)
    dropout_grad_kernel(const T* __restrict__ dy, const uint8_t* __restrict__ mask, T* __restrict__ dx, int64_t n, bool aligned, float probability) {
  const float scale = probability < 1 ? 1.0f / (1.0f - probability) : 0.0f;
  for_vectors<kVector<T>>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    const Vector<uint8_t, V> kept = read<V>(mask + i, true);
    float values[V];
    load(dy + i, true, values);
    UNROLL for (int v = 0; v < V; v++) values[v] = kept.element[v] ? values[v] * scale : 0.0f;
    store(values, true, dx + i);
  });
}

}  // namespace

void dropout_forward(Context& ctx, Bufs in, Bufs out, const DropoutParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = in[0].as<T>();
    T* y = out[0].as<T>();
    uint8_t* mask = out[1].as<uint8_t>();
    const bool aligned = are_aligned<kVector<T>>(x, y, mask);
    launch(dropout_kernel<T>, blocks_for_vectors<kVector<T>>(n, aligned), kBlock, 0, ctx.stream, x, in[1].as<uint32_t>(), y, mask, n, aligned,
           p.probability);
  });
  launch(advance_kernel, 1, 1, 0, ctx.stream, in[1].as<uint32_t>(), (n + kWords - 1) / kWords);
}

void dropout_grad(Context& ctx, Bufs in, Bufs out, const DropoutParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* dy = in[0].as<T>();
    const uint8_t* mask = in[1].as<uint8_t>();
    T* dx = out[0].as<T>();
    const bool aligned = are_aligned<kVector<T>>(dy, mask, dx);
    launch(dropout_grad_kernel<T>, blocks_for_vectors<kVector<T>>(n, aligned), kBlock, 0, ctx.stream, dy, mask, dx, n, aligned, p.probability);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
