// Convolution in up to three dimensions and its gradients, for every stride, padding, dilation and group count, by
// im2col (im2col.cuh) and the tiled product (gemm.cuh).
//
// Algorithm  forward          y  [rows,k/groups]  = columns [rows,taps*c/groups] w^T, for each group
//            input gradient   columns             = dy w, then col2im
//            weight gradient  w  [k/groups,taps*c/groups] = dy^T columns, summed over ranges of rows in order
//            A 1x1 convolution without stride and padding is the product alone: x is its own matrix of windows.
// Shapes     x [n,d,h,w,c], w [k,t,r,s,c/groups], y [n,z,p,q,k]; rows = n*z*p*q.
// Bytes      see im2col.cuh; the range of rows is chosen such that the matrix stays under 64 MiB.
// Bound by   memory for few filters, float32 arithmetic for many.
#include "backend.h"
#include "conv/im2col.cuh"
#include "gemm.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

constexpr int64_t kMostColumns = int64_t(16) << 20;  // elements of the matrix of windows

// The numbers that all three products share.
struct Sizes {
  int64_t rows, taps, window;  // window: elements of a group's window
  int64_t filters;             // of a group
  bool pointwise;              // x is its own matrix of windows

  explicit Sizes(const ConvParams& p)
      : rows(int64_t(p.n) * p.z * p.p * p.q), taps(int64_t(p.t) * p.r * p.s), window(taps * (p.c / p.groups)), filters(p.k / p.groups) {
    const bool moves = p.strideD != 1 || p.strideH != 1 || p.strideW != 1 || p.padD != 0 || p.padH != 0 || p.padW != 0;
    pointwise = taps == 1 && !moves && p.z == p.d && p.p == p.h && p.q == p.w;
  }
};

// The windows of a range of rows: where group 0's matrix begins, and the distances of rows and groups in it.
struct Windows {
  float* data;
  int64_t row, group;
};

// Calls body(range, windows) for consecutive ranges of rows, whose windows fit in scratch memory.
template <class Body>
void for_row_ranges(Context& ctx, const ConvParams& p, const Sizes& sizes, float* pointwise_data, Body body) {
  if (sizes.pointwise) {
    body(RowRange{0, sizes.rows}, Windows{pointwise_data, p.c, p.c / p.groups});
    return;
  }
  int64_t range = kMostColumns / (sizes.taps * p.c > 0 ? sizes.taps * p.c : 1);
  range = range < kTile ? kTile : range;
  range = range < sizes.rows ? range : sizes.rows;
  float* columns = ctx.scratch_array<float>(range * sizes.taps * p.c);  // [groups,range,window]
  for (int64_t first = 0; first < sizes.rows; first += range) {
    const int64_t count = range < sizes.rows - first ? range : sizes.rows - first;
    body(RowRange{first, count}, Windows{columns, sizes.window, count * sizes.window});
  }
}

void im2col(Context& ctx, const float* x, const ConvParams& p, const Sizes& sizes, RowRange rows, Windows windows) {
  if (sizes.pointwise || sizes.window == 0) return;
  launch(im2col_kernel, blocks_for(rows.count * sizes.taps * p.c), kBlock, 0, ctx.stream, x, windows.data, p, rows);
}

__global__ void __launch_bounds__(kBlock) zero_kernel(float* y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = 0;
}

void zero(Context& ctx, const Buf& y) {
  if (y.numel > 0) launch(zero_kernel, blocks_for(y.numel), kBlock, 0, ctx.stream, y.as<float>(), y.numel);
}

}  // namespace

void conv_forward(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (out[0].numel == 0) return;
  const Sizes sizes(p);
  float* x = in[0].as<float>();
  for_row_ranges(ctx, p, sizes, x, [&](RowRange rows, Windows windows) {
    im2col(ctx, x, p, sizes, rows, windows);
    gemm(ctx, {.m = rows.count, .n = sizes.filters, .k = sizes.window,
               .a = windows.data, .a_row = windows.row, .a_col = 1,
               .b = in[1].as<float>(), .b_row = 1, .b_col = sizes.window,
               .bias = in[2].as<float>(), .y = out[0].as<float>() + rows.first * p.k, .y_row = p.k,
               .batch = p.groups, .a_batch = windows.group, .b_batch = sizes.filters * sizes.window,
               .bias_batch = sizes.filters, .y_batch = sizes.filters});
  });
}

void conv_input_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (out[0].numel == 0) return;
  const Sizes sizes(p);
  if (sizes.rows == 0 || sizes.filters == 0) return zero(ctx, out[0]);
  float* dx = out[0].as<float>();
  const int64_t image_rows = sizes.rows / p.n;
  for_row_ranges(ctx, p, sizes, dx, [&](RowRange rows, Windows windows) {
    gemm(ctx, {.m = rows.count, .n = sizes.window, .k = sizes.filters,
               .a = in[0].as<float>() + rows.first * p.k, .a_row = p.k, .a_col = 1,
               .b = in[1].as<float>(), .b_row = sizes.window, .b_col = 1,
               .y = windows.data, .y_row = windows.row,
               .batch = p.groups, .a_batch = sizes.filters, .b_batch = sizes.filters * sizes.window, .y_batch = windows.group});
    if (sizes.pointwise) return;
    const int64_t first_image = rows.first / image_rows, images = (rows.first + rows.count - 1) / image_rows - first_image + 1;
    launch(col2im_kernel, blocks_for(images * p.d * p.h * p.w * p.c), kBlock, 0, ctx.stream, windows.data, dx, p, rows, first_image, images);
  });
}

void conv_weight_grad(Context& ctx, Bufs in, Bufs out, const ConvParams& p) {
  if (out[0].numel == 0) return;
  const Sizes sizes(p);
  if (sizes.rows == 0) return zero(ctx, out[0]);
  float* x = in[0].as<float>();
  for_row_ranges(ctx, p, sizes, x, [&](RowRange rows, Windows windows) {
    im2col(ctx, x, p, sizes, rows, windows);
    gemm(ctx, {.m = sizes.filters, .n = sizes.window, .k = rows.count,
               .a = in[1].as<float>() + rows.first * p.k, .a_row = 1, .a_col = p.k,
               .b = windows.data, .b_row = windows.row, .b_col = 1,
               .y = out[0].as<float>(), .y_row = sizes.window, .accumulate = rows.first > 0,
               .batch = p.groups, .a_batch = sizes.filters, .b_batch = windows.group, .y_batch = sizes.filters * sizes.window});
  });
}

}  // namespace convolt::CONVOLT_BACKEND
