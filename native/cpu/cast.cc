// Conversions between element types, element by element.
#include "cast.h"

#include "backend.h"
#include "element.h"
#include "half.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

template <class From, class To>
VECTORIZED void cast_range(const From* x, To* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = cast_element<To>(x[i]);
}

template <class From, class To>
void cast_all(const From* x, To* y, int64_t n) {
  parallel_for(n, kElementGrain, [=](int64_t begin, int64_t end) { cast_range(x + begin, y + begin, end - begin); });
}

template <class To>
void cast_to(Bufs in, Bufs out) {
  const int64_t n = out[0].numel;
  To* y = out[0].as<To>();
  with_element(in[0].dtype, [&](auto zero) { cast_all(in[0].as<decltype(zero)>(), y, n); });
}

}  // namespace

void widen_all(const Buf& from, float* to) {
  with_element(from.dtype, [&](auto zero) { cast_all(from.as<decltype(zero)>(), to, from.numel); });
}

void narrow_all(const float* from, const Buf& to) {
  with_element(to.dtype, [&](auto zero) { cast_all(from, to.as<decltype(zero)>(), to.numel); });
}

void cast_f32(Context&, Bufs in, Bufs out, const NoParams&) { cast_to<float>(in, out); }
void cast_bf16(Context&, Bufs in, Bufs out, const NoParams&) { cast_to<bf16>(in, out); }
void cast_f16(Context&, Bufs in, Bufs out, const NoParams&) { cast_to<f16>(in, out); }
void cast_i32(Context&, Bufs in, Bufs out, const NoParams&) { cast_to<int32_t>(in, out); }
void cast_u8(Context&, Bufs in, Bufs out, const NoParams&) { cast_to<uint8_t>(in, out); }

}  // namespace convolt::cpu
