// Convolution and its gradients as products on the tensor cores (mma/gemm.cuh) whose operands are read straight from the
// images: no matrix of windows is written. Up to three axes, any stride, padding, dilation and groups.
//
// Algorithm  forward          y [rows,k] = windows [rows,taps*c] w^T
//            input gradient   one product for each of the stride^axes phases of dx, the elements that lie `phase` beyond a
//                             multiple of the stride. A phase is a convolution of dy at stride 1 with those taps that reach
//                             it: no zeros are multiplied. dx [rows of the phase,c] = windows of dy [.,taps*k] w
//            weight gradient  dw [k,taps*c] = dy^T [k,rows] windows [rows,taps*c], the rows in splits
//            Windows of one element that do not move are x itself: then the operands are plain matrices.
//            Where windows lie side by side along w and fill it, one step of them is taken for one element with more channels:
//            patches of 16 x 16 x 3, as in vision transformers, are windows of 16 x 1 x 48. Other images of few channels
//            have kernels of their own (stem.cu).
//            Groups of few channels are taken together in packs of up to kPackedChannels. A pack is a convolution of its own
//            on a slice of the channels, with filters that are zero outside of their group (packed_filters.cuh): tensor cores
//            multiply those zeros faster than other kernels do without. All packs go in one launch.
// Shapes     x, dx [n,d,h,w,c], w, dw [k,t,r,s,c], y, dy [n,z,p,q,k]; rows = n*z*p*q.
// Bytes      x is read `taps` times for each column of tiles, from the cache but for the first time; y is written once.
// Bound by   the tensor cores for many channels, memory for few.
#include "conv/implicit_gemm.cuh"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "conv/stem.cuh"
#include "conv/warpgroup_convolution.cuh"
#include "conv/window_products.cuh"
#include "mma/matrix_product.cuh"
#include "mma/warpgroup_product.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// Does a tensor of these extents have elements, and no more than an int counts?
bool are_indexed(std::initializer_list<int> extents) {
  int64_t elements = 1;
  for (int extent : extents) elements = std::min(elements * extent, int64_t(1) << 31);
  return elements > 0 && elements <= INT32_MAX;
}

// Is the convolution a product of two matrices?
bool is_pointwise(const ConvParams& p) {
  if (p.groups > 1) return false;
  const bool moves = p.strideD != 1 || p.strideH != 1 || p.strideW != 1 || p.padD != 0 || p.padH != 0 || p.padW != 0;
  return taps_of(p) == 1 && !moves && p.z == p.d && p.p == p.h && p.q == p.w;
}

// The same convolution of the same memory, with whole chunks of channels if they come by folding a step along w into them.
ConvParams folded(const ConvParams& given) {
  constexpr int chunk = 8;
  const int step = given.strideW;
  const bool is_even = given.groups == 1 && given.dilationW == 1 && given.padW == 0 && given.w % step == 0 && given.s % step == 0;
  if (given.c % chunk == 0 || int64_t(given.c) * step % chunk != 0 || !is_even || given.q != (given.w - given.s) / step + 1) return given;
  ConvParams p = given;
  p.c *= step, p.w /= step, p.s /= step, p.strideW = 1;
  return p;
}

bool by_warpgroups(const ConvParams& p) { return ConvAlgorithm(p.algorithm) == ConvAlgorithm::wgmma; }

// A pointwise convolution, or a gradient of one.
template <class T>
void multiply(Context& ctx, const ConvParams& p, const MatrixProduct<T>& product) {
  if (by_warpgroups(p) && warpgroup_product_takes(product)) return warpgroup_product(ctx, product);
  mma_matrix_product(ctx, product);
}

// ---- input gradient ----

int64_t launches_of(int stride, int extent) { return (std::min(stride, extent) + kMostPhases - 1) / kMostPhases; }

// Copies up to kMostPhases of an axis, from `first` on; returns how many.
int take_phases(const std::vector<Phase>& all, size_t first, Phase (&taken)[kMostPhases]) {
  const size_t count = std::min(all.size() - first, size_t(kMostPhases));
  std::copy_n(all.begin() + long(first), count, taken);
  return int(count);
}

template <class T>
void input_grad(Context& ctx, const T* dy, const T* w, T* dx, const ConvParams& p) {
  const auto all_d = phases_of(p.d, p.z, p.t, p.strideD, p.padD, p.dilationD);
  const auto all_h = phases_of(p.h, p.p, p.r, p.strideH, p.padH, p.dilationH);
  const auto all_w = phases_of(p.w, p.q, p.s, p.strideW, p.padW, p.dilationW);
  const int64_t largest = int64_t(p.n) * all_d[0].elements * all_h[0].elements * all_w[0].elements;
  const Pack pack = pack_of(p);
  const T* filters = pack_filters(ctx, w, p);
  const bool vectors = channels_in_chunks(dy, pack.filters) && channels_in_chunks(filters, pack.channels);
  const Epilogue<T> epilogue{.y = dx, .vectors = pack.channels % Epilogue<T>::kVector == 0 && aligned_to_chunks(dx)};

  PhaseProducts<T> products{.dy = dy, .weights = filters, .k = Divisor(pack.filters),
                            .n = p.n, .extent_d = p.d, .extent_h = p.h, .extent_w = p.w, .c = pack.channels, .dy_pitch = p.k, .dx_pitch = p.c,
                            .r = p.r, .s = p.s, .filter = int64_t(taps_of(p)) * pack.channels};
  for (size_t d = 0; d < all_d.size(); d += kMostPhases)
    for (size_t h = 0; h < all_h.size(); h += kMostPhases)
      for (size_t q = 0; q < all_w.size(); q += kMostPhases) {
        products.phases_d = take_phases(all_d, d, products.d);
        products.phases_h = take_phases(all_h, h, products.h);
        products.phases_w = take_phases(all_w, q, products.w);
        const int count = products.neighbours = pack.packs * products.phases_d * products.phases_h * products.phases_w;
        run_products(ctx, products, plan_gemm(largest, pack.channels, 0, count).tile, largest, pack.channels, count, vectors, epilogue);
      }
}

// Do these kernels take the convolution? They take 16-bit types, and float32 where it may be rounded to TF32; and no empty
// tensors.
bool takes(const ConvParams& p, DType dtype) {
  constexpr int64_t most_launches = 64;
  const bool fits = are_indexed({p.n, p.d, p.h, p.w, p.c}) && are_indexed({p.k, p.t, p.r, p.s, pack_of(p).channels}) && are_indexed({p.n, p.z, p.p, p.q, p.k});
  const int64_t launches = launches_of(p.strideD, p.d) * launches_of(p.strideH, p.h) * launches_of(p.strideW, p.w);
  return (is_half(dtype) || p.tf32) && fits && launches <= most_launches && compute_capability() >= 80;
}

// Are they likely to be the fastest? Not for groups that are hardly more than depthwise, nor for packs of them that cannot be
// copied by whole chunks.
bool suits(const ConvParams& p) {
  constexpr int least = 4, chunk = 8;
  if (p.groups == 1) return true;
  const Pack pack = pack_of(p);
  return p.c / p.groups >= least && p.k / p.groups >= least && pack.channels % chunk == 0 && pack.filters % chunk == 0;
}

}  // namespace

bool is_on_tensor_cores(const ConvParams& p, DType dtype) {
  const auto wanted = ConvAlgorithm(p.algorithm);
  if (wanted == ConvAlgorithm::automatic && !suits(p)) return false;
  const bool asked = wanted == ConvAlgorithm::automatic || wanted == ConvAlgorithm::implicit_gemm || wanted == ConvAlgorithm::wgmma;
  return asked && takes(p, dtype);
}

void implicit_gemm_forward(Context& ctx, Bufs in, Bufs out, const ConvParams& given, TileMoments* moments) {
  const ConvParams p = folded(given);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = in[0].as<T>(), *w = in[1].as<T>();
    const Epilogue<T> epilogue{.y = out[0].as<T>(), .bias = in[2].as<T>(), .residual = in[3].as<T>(), .activation = ConvActivation(p.activation)};
    if constexpr (sizeof(T) == 2) {
      const MatrixProduct<T> product{.m = rows_of(p), .n = p.k, .k = p.c, .a = x, .b = w, .transpose_b = true, .epilogue = epilogue, .moments = moments};
      if (is_pointwise(p)) return multiply(ctx, p, product);
      if (by_warpgroups(p) && warpgroup_convolution_takes(x, w, p)) return warpgroup_convolution(ctx, x, w, epilogue, p, moments);
      if (stem_takes(p)) return stem_forward(ctx, x, w, epilogue, p, moments);
    }
    forward_product(ctx, windows_of<OuterIs::output>(x, p), channels_in_chunks(x, pack_of(p).channels), w, epilogue, p, moments);
  });
}

void implicit_gemm_input_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& given) {
  const ConvParams p = folded(given);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *dy = in[0].as<T>(), *w = in[1].as<T>();
    if constexpr (sizeof(T) == 2) {
      if (is_pointwise(p)) return multiply<T>(ctx, p, {.m = rows_of(p), .n = p.c, .k = p.k, .a = dy, .b = w, .epilogue = {.y = out[0].as<T>()}});
      if (by_warpgroups(p) && warpgroup_input_grad_takes(dy, w, p)) return warpgroup_input_grad(ctx, dy, w, out[0].as<T>(), p);
    }
    input_grad(ctx, dy, w, out[0].as<T>(), p);
  });
}

void implicit_gemm_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& given) {
  const ConvParams p = folded(given);
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = in[0].as<T>(), *dy = in[1].as<T>();
    if constexpr (sizeof(T) == 2) {
      if (is_pointwise(p))
        return multiply<T>(ctx, p, {.m = p.k, .n = p.c, .k = rows_of(p), .a = dy, .transpose_a = true, .b = x, .epilogue = {.y = out[0].as<T>()}});
      if (by_warpgroups(p) && warpgroup_weight_grad_takes(x, dy, p)) return warpgroup_weight_grad(ctx, x, dy, out[0].as<T>(), p);
      if (stem_takes(p)) return stem_weight_grad(ctx, x, dy, out[0].as<T>(), p);
    }
    weight_grad_product(ctx, dy, windows_of<OuterIs::tap>(x, p), channels_in_chunks(x, pack_of(p).channels), out[0].as<T>(), p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
