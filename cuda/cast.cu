// Conversions between element types.
//
// Algorithm  elementwise, a vector of 16 bytes of the wider type a thread, through float32; float to integer drops the fraction and stays within the range.
// Shapes     any; input and output have the same count.
// Bytes      the sizes of both element types for each element.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <class From, class To>
__global__ void __launch_bounds__(kBlock) cast_kernel(const From* __restrict__ x, To* __restrict__ y, int64_t n, bool aligned) {
  for_vectors<kVector<From, To>>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    const Vector<From, V> values = read<V>(x + i, true);
    Vector<To, V> converted;
    UNROLL for (int v = 0; v < V; v++) converted.element[v] = cast_element<To>(values.element[v]);
    write(converted, true, y + i);
  });
}

template <class To>
void cast_to(Context& ctx, Bufs in, Bufs out) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_element(in[0].dtype, [&](auto zero) {
    using From = decltype(zero);
    constexpr int V = kVector<From, To>;
    const From* x = in[0].as<From>();
    To* y = out[0].as<To>();
    const bool aligned = are_aligned<V>(x, y);
    launch(cast_kernel<From, To>, blocks_for_vectors<V>(n, aligned), kBlock, 0, ctx.stream, x, y, n, aligned);
  });
}

}  // namespace

void cast_f32(Context& ctx, Bufs in, Bufs out, const NoParams&) { cast_to<float>(ctx, in, out); }
void cast_bf16(Context& ctx, Bufs in, Bufs out, const NoParams&) { cast_to<bf16>(ctx, in, out); }
void cast_f16(Context& ctx, Bufs in, Bufs out, const NoParams&) { cast_to<f16>(ctx, in, out); }
void cast_i32(Context& ctx, Bufs in, Bufs out, const NoParams&) { cast_to<int32_t>(ctx, in, out); }
void cast_u8(Context& ctx, Bufs in, Bufs out, const NoParams&) { cast_to<uint8_t>(ctx, in, out); }

}  // namespace convolt::CONVOLT_BACKEND
