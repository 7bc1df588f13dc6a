// Gaussian blur with mirrored borders.
//
// Algorithm  Two kernels, along columns and along rows, with floats between them; one thread for each element. An image's
//            weights, which its sigma gives, are made once by a block of a third kernel.
// Shapes     x and y [n,h,w,c] bytes, sigma [n]; an image with sigma 0 stays as it is.
// Bytes      10 an element: what the taps share is in the cache.
// Bound by   the cache's throughput, from about 7 taps on.
#include "backend.h"
#include "gaussian_taps.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void __launch_bounds__(kBlock) weight_kernel(const float* __restrict__ sigma, float* __restrict__ weight, int64_t n, int kernel) {
  for (int64_t i = first_element(); i < n * kernel; i += grid_threads()) {
    const float width = sigma[i / kernel];
    weight[i] = width > 0 ? gaussian_weight(int(i % kernel) - kernel / 2, width) / gaussian_sum(kernel, width) : 0.0f;
  }
}

__global__ void __launch_bounds__(kBlock)
    columns_kernel(const uint8_t* __restrict__ x, const float* __restrict__ sigma, const float* __restrict__ weight, float* __restrict__ y,
                   const GaussianBlurParams p) {
  const int64_t row_elements = int64_t(p.w) * p.c, elements = p.n * p.h * row_elements;
  for (int64_t i = first_element(); i < elements; i += grid_threads()) {
    const int64_t n = i / row_elements / p.h;
    const int row = int(i / row_elements % p.h);
    float sum = 0;
    if (sigma[n] > 0)
      for (int tap = 0; tap < p.kernel; tap++)
        sum += float(x[i + (mirrored(row + tap - p.kernel / 2, p.h) - row) * row_elements]) * weight[n * p.kernel + tap];
    else
      sum = float(x[i]);
    y[i] = sum;
  }
}

__global__ void __launch_bounds__(kBlock)
    rows_kernel(const float* __restrict__ x, const float* __restrict__ sigma, const float* __restrict__ weight, uint8_t* __restrict__ y,
                const GaussianBlurParams p) {
  const int64_t elements = int64_t(p.n) * p.h * p.w * p.c;
  for (int64_t i = first_element(); i < elements; i += grid_threads()) {
    const int64_t n = i / p.c / p.w / p.h;
    const int column = int(i / p.c % p.w);
    float sum = 0;
    if (sigma[n] > 0)
      for (int tap = 0; tap < p.kernel; tap++)
        sum += x[i + int64_t(mirrored(column + tap - p.kernel / 2, p.w) - column) * p.c] * weight[n * p.kernel + tap];
    else
      sum = x[i];
    y[i] = uint8_t(int(sum + 0.5f));
  }
}

}  // namespace

void gaussian_blur(Context& ctx, Bufs in, Bufs out, const GaussianBlurParams& p) {
  const int64_t elements = out[0].numel;
  if (elements == 0) return;
  const float* sigma = in[1].as<float>();
  float* weight = ctx.scratch_array<float>(int64_t(p.n) * p.kernel);  // [n,kernel]
  float* between = ctx.scratch_array<float>(elements);                // [n,h,w,c]
  launch(weight_kernel, blocks_for(int64_t(p.n) * p.kernel), kBlock, 0, ctx.stream, sigma, weight, p.n, p.kernel);
  launch(columns_kernel, blocks_for(elements), kBlock, 0, ctx.stream, in[0].as<uint8_t>(), sigma, weight, between, p);
  launch(rows_kernel, blocks_for(elements), kBlock, 0, ctx.stream, between, sigma, weight, out[0].as<uint8_t>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
