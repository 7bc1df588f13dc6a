// Convolution in up to three dimensions and its gradients, for every stride, padding, dilation and group count.
//
// Algorithm  im2col     a product over the matrix of windows (im2col.cuh, gemm.cuh):
//                         forward          y  [rows,k/groups]  = columns [rows,taps*c/groups] w^T, for each group
//                         input gradient   columns             = dy w, then col2im
//                         weight gradient  w  [k/groups,taps*c/groups] = dy^T columns, summed over ranges of rows in order
//            pointwise  the product alone, for 1x1 windows that do not move: x is its own matrix of windows
//            direct     no matrix (direct.cuh; depthwise.cuh where it takes them), for groups of few channels and filters
//            implicit_gemm  on the tensor cores (implicit_gemm.cu), in 16 bits or TF32; groups of few channels in packs,
//                           images of few in 16 bits as patches (stem.cu)
//            wgmma          images on those of sm_90a (warpgroup_convolution.cu), where it is asked for
// Shapes     x [n,d,h,w,c], w [k,t,r,s,c/groups], y [n,z,p,q,k]; rows = n*z*p*q.
// Bytes      see im2col.cuh and direct.cuh; the range of rows is chosen such that the matrix stays under 64 MiB.
// Bound by   memory for few filters, float32 arithmetic for many.
#include "backend.h"
#include "conv/depthwise.cuh"
#include "conv/direct.cuh"
#include "conv/im2col.cuh"
#include "conv/implicit_gemm.cuh"
#include "gemm.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int64_t kMostColumns = int64_t(16) << 20;  // elements of the matrix of windows
constexpr int kFewChannels = 8;                      // of a group: a tile of the product would be mostly empty

// The numbers that all three products share.
struct Sizes {
  int64_t rows, taps, window;  // window: elements of a group's window
  int64_t filters;             // of a group
  ConvAlgorithm algorithm;

  explicit Sizes(const ConvParams& p)
      : rows(int64_t(p.n) * p.z * p.p * p.q), taps(int64_t(p.t) * p.r * p.s), window(taps * (p.c / p.groups)), filters(p.k / p.groups),
        algorithm(choose(p)) {}

  bool pointwise() const { return algorithm == ConvAlgorithm::pointwise; }

 private:
  ConvAlgorithm choose(const ConvParams& p) const {
    const bool moves = p.strideD != 1 || p.strideH != 1 || p.strideW != 1 || p.padD != 0 || p.padH != 0 || p.padW != 0;
    const bool fits_pointwise = taps == 1 && !moves && p.z == p.d && p.p == p.h && p.q == p.w;
    const auto wanted = ConvAlgorithm(p.algorithm);
    if (wanted == ConvAlgorithm::direct || wanted == ConvAlgorithm::im2col) return wanted;
    if (p.groups > 1 && p.c / p.groups <= kFewChannels && filters <= kFewChannels) return ConvAlgorithm::direct;
    return fits_pointwise ? ConvAlgorithm::pointwise : ConvAlgorithm::im2col;
  }
};

// The windows of a range of rows: where group 0's matrix begins, and the distances of rows and groups in it.
template <class T>
struct Windows {
  T* data;
  int64_t row, group;
};

// Calls body(range, windows) for consecutive ranges of rows, whose windows fit in scratch memory.
template <class T, class Body>
void for_row_ranges(Context& ctx, const ConvParams& p, const Sizes& sizes, T* pointwise_data, const Body& body) {
  if (sizes.pointwise()) {
    body(RowRange{0, sizes.rows}, Windows<T>{pointwise_data, p.c, p.c / p.groups});
    return;
  }
  int64_t range = kMostColumns / (sizes.taps * p.c > 0 ? sizes.taps * p.c : 1);
  range = range < kTile ? kTile : range;
  range = range < sizes.rows ? range : sizes.rows;
  T* columns = ctx.scratch_array<T>(range * sizes.taps * p.c);  // [groups,range,window]
  for (int64_t first = 0; first < sizes.rows; first += range) {
    const int64_t count = range < sizes.rows - first ? range : sizes.rows - first;
    body(RowRange{first, count}, Windows<T>{columns, sizes.window, count * sizes.window});
  }
}

template <class T>
void im2col(Context& ctx, const T* x, const ConvParams& p, const Sizes& sizes, RowRange rows, Windows<T> windows) {
  if (sizes.pointwise() || sizes.window == 0) return;
  launch(im2col_kernel<T>, blocks_for(rows.count * sizes.taps * p.c), kBlock, 0, ctx.stream, x, windows.data, p, rows);
}

template <class T>
__global__ void __launch_bounds__(kBlock) zero_kernel(T* y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = narrow<T>(0.0f);
}

template <class T>
__global__ void __launch_bounds__(kBlock) narrow_kernel(const float* __restrict__ sums, T* __restrict__ y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = narrow<T>(sums[i]);
}

// Where a result that grows over ranges of rows is summed, in float32: `y` itself, or scratch that finish() rounds.
template <class T>
struct Sums {
  T* y;
  float* data;
  int64_t n;

  Sums(Context& ctx, const Buf& out) : y(out.as<T>()), data(ctx.scratch_array<float>(out.numel)), n(out.numel) {}
  void finish(Context& ctx) { launch(narrow_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, data, y, n); }
};
template <>
struct Sums<float> {
  float* data;
  Sums(Context&, const Buf& out) : data(out.as<float>()) {}
  void finish(Context&) {}
};

// y = f(y + residual), each of the two where it is wanted.
template <class T>
__global__ void __launch_bounds__(kBlock) finish_forward_kernel(T* __restrict__ y, const T* __restrict__ residual, ConvActivation activation, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    const float sum = widen(y[i]) + (residual ? widen(residual[i]) : 0.0f);
    y[i] = narrow<T>(activated(sum, activation));
  }
}

template <class T>
void finish_forward(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const auto activation = ConvActivation(p.activation);
  if (activation == ConvActivation::none && !in[3].data) return;
  launch(finish_forward_kernel<T>, blocks_for(out[0].numel), kBlock, 0, ctx.stream, out[0].as<T>(), in[3].as<T>(), activation, out[0].numel);
}

template <class T>
void forward(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const Sizes sizes(p);
  const T* w = in[1].as<T>();
  const T* bias = in[2].as<T>();
  T* x = in[0].as<T>();
  T* y = out[0].as<T>();
  if (sizes.algorithm == ConvAlgorithm::direct) {
    const T* residual = in[3].as<T>();
    if (depthwise_takes(p) && in_vectors(x, y, residual))
      return depthwise_forward(ctx, x, w, Epilogue<T>{.y = y, .bias = bias, .residual = residual, .activation = ConvActivation(p.activation), .vectors = true}, p);
    launch(direct_forward_kernel<T>, blocks_for(out[0].numel), kBlock, 0, ctx.stream, x, w, bias, y, p);
    return finish_forward<T>(ctx, in, out, p);
  }
  for_row_ranges(ctx, p, sizes, x, [&](RowRange rows, Windows<T> windows) {
    im2col(ctx, x, p, sizes, rows, windows);
    gemm(ctx, GemmProblem<T>{.m = rows.count, .n = sizes.filters, .k = sizes.window,
                             .a = windows.data, .a_row = windows.row, .a_col = 1,
                             .b = w, .b_row = 1, .b_col = sizes.window,
                             .bias = bias, .y = y + rows.first * p.k, .y_row = p.k,
                             .batch = p.groups, .a_batch = windows.group, .b_batch = sizes.filters * sizes.window,
                             .bias_batch = sizes.filters, .y_batch = sizes.filters});
  });
  finish_forward<T>(ctx, in, out, p);
}

template <class T>
void input_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const Sizes sizes(p);
  const T* dy = in[0].as<T>();
  const T* w = in[1].as<T>();
  T* dx = out[0].as<T>();
  if (sizes.rows == 0 || sizes.filters == 0) {
    launch(zero_kernel<T>, blocks_for(out[0].numel), kBlock, 0, ctx.stream, dx, out[0].numel);
    return;
  }
  if (sizes.algorithm == ConvAlgorithm::direct) {
    if (depthwise_takes(p) && in_vectors(dy, dx)) return depthwise_input_grad(ctx, dy, w, dx, p);
    launch(direct_input_grad_kernel<T>, blocks_for(out[0].numel), kBlock, 0, ctx.stream, dy, w, dx, p);
    return;
  }
  auto product = [&](RowRange rows, Windows<T> windows) {
    gemm(ctx, GemmProblem<T>{.m = rows.count, .n = sizes.window, .k = sizes.filters,
                             .a = dy + rows.first * p.k, .a_row = p.k, .a_col = 1,
                             .b = w, .b_row = sizes.window, .b_col = 1,
                             .y = windows.data, .y_row = windows.row,
                             .batch = p.groups, .a_batch = sizes.filters, .b_batch = sizes.filters * sizes.window, .y_batch = windows.group});
  };
  if (sizes.pointwise()) {
    for_row_ranges(ctx, p, sizes, dx, product);
    return;
  }
  Sums<T> sums(ctx, out[0]);
  const int64_t image_rows = sizes.rows / p.n;
  for_row_ranges(ctx, p, sizes, dx, [&](RowRange rows, Windows<T> windows) {
    product(rows, windows);
    const int64_t first_image = rows.first / image_rows, images = (rows.first + rows.count - 1) / image_rows - first_image + 1;
    launch(col2im_kernel<T>, blocks_for(images * p.d * p.h * p.w * p.c), kBlock, 0, ctx.stream, windows.data, sums.data, p, rows, first_image, images);
  });
  sums.finish(ctx);
}

template <class T>
void weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  const Sizes sizes(p);
  T* x = in[0].as<T>();
  const T* dy = in[1].as<T>();
  T* dw = out[0].as<T>();
  if (sizes.rows == 0) {
    launch(zero_kernel<T>, blocks_for(out[0].numel), kBlock, 0, ctx.stream, dw, out[0].numel);
    return;
  }
  if (sizes.algorithm == ConvAlgorithm::direct) {
    if (depthwise_takes(p) && in_vectors(x, dy)) return depthwise_weight_grad<T>(ctx, x, dy, dw, p);
    return direct_weight_grad(ctx, x, dy, dw, p);
  }
  Sums<T> sums(ctx, out[0]);
  for_row_ranges(ctx, p, sizes, x, [&](RowRange rows, Windows<T> windows) {
    im2col(ctx, x, p, sizes, rows, windows);
    gemm(ctx, GemmProblem<T, float>{.m = sizes.filters, .n = sizes.window, .k = rows.count,
                                    .a = dy + rows.first * p.k, .a_row = 1, .a_col = p.k,
                                    .b = windows.data, .b_row = windows.row, .b_col = 1,
                                    .y = sums.data, .y_row = sizes.window, .accumulate = rows.first > 0,
                                    .batch = p.groups, .a_batch = sizes.filters, .b_batch = windows.group,
                                    .y_batch = sizes.filters * sizes.window});
  });
  sums.finish(ctx);
}

}  // namespace

void conv_forward(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (out[0].numel == 0) return;
  if (is_on_tensor_cores(p, in[0].dtype)) return implicit_gemm_forward(ctx, in, out, p);
  with_float(in[0].dtype, [&](auto zero) { forward<decltype(zero)>(ctx, in, out, p); });
}

void conv_input_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (out[0].numel == 0) return;
  if (is_on_tensor_cores(p, in[0].dtype)) return implicit_gemm_input_grad(ctx, in, out, p);
  with_float(in[0].dtype, [&](auto zero) { input_grad<decltype(zero)>(ctx, in, out, p); });
}

void conv_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (out[0].numel == 0) return;
  if (is_on_tensor_cores(p, in[0].dtype)) return implicit_gemm_weight_grad(ctx, in, out, p);
  with_float(in[0].dtype, [&](auto zero) { weight_grad<decltype(zero)>(ctx, in, out, p); });
}

}  // namespace convolt::CONVOLT_BACKEND
