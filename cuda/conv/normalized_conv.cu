// Convolution of an image that is normalised and clipped on the way, and its weight gradient, on the tensor cores, in 16 bits.
//
// Algorithm  that of implicit_gemm.cu; each thread normalises, in shared memory, the chunks that it has copied there, once
//            they have arrived and before the others read them. So an element is normalised once for each tap and column of
//            tiles, in the bits that a pass of its own would write.
// Shapes     x [n,d,h,w,c], its mean, invstd, weight, bias [c], w [k,t,r,s,c], y [n,z,p,q,k].
// Bytes      those of implicit_gemm.cu, and 16 for each channel, from the cache.
// Bound by   memory for windows of one element and few filters, else arithmetic: some four instructions for each element,
//            tap and column of tiles.
#include "conv/normalized_conv.cuh"

#include "conv/window_products.cuh"
#include "mma/normalized.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <OuterIs OUTER, class T>
Normalized<Windows<T, OUTER>> normalized_windows(const T* x, const ChannelValues& values, const ConvParams& p) {
  return {windows_of<OUTER>(x, p), values, Divisor(pack_of(p).channels)};
}

template <class T>
bool in_whole_chunks(const T* x, const ChannelValues& values, const ConvParams& p) {
  return channels_in_chunks(x, pack_of(p).channels) && aligned_to_chunks(values);
}

// Calls body with a zero of the type.
template <class Body>
void with_half(DType dtype, const Body& body) {
  if (dtype == DType::bf16) body(bf16());
  else body(f16());
}

}  // namespace

void normalized_conv_forward(Context& ctx, const Buf& x, const ChannelValues& values, const Buf& w, const Buf& bias, const Buf& y,
                             const ConvParams& p, TileMoments* moments) {
  with_half(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* image = x.as<T>();
    forward_product(ctx, normalized_windows<OuterIs::output>(image, values, p), in_whole_chunks(image, values, p), w.as<T>(),
                    Epilogue<T>{.y = y.as<T>(), .bias = bias.as<T>()}, p, moments);
  });
}

void normalized_conv_weight_grad(Context& ctx, const Buf& x, const ChannelValues& values, const Buf& dy, const Buf& dw, const ConvParams& p) {
  with_half(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* image = x.as<T>();
    weight_grad_product(ctx, dy.as<T>(), normalized_windows<OuterIs::tap>(image, values, p), in_whole_chunks(image, values, p), dw.as<T>(), p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
