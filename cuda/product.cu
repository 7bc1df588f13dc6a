// Products along the middle axis of x [outer,size,inner], and their gradient.
//
// Algorithm  product: reduce.cuh. product_grad: one thread for each column [size]; the product of the others is that of
//            those before times that of those behind, two walks, since a division fails for zeros.
// Bytes      product 4 an element; gradient 20.
// Bound by   memory; the gradient by its latency where there are few columns.
#include "backend.h"
#include "reduce.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

struct ProductPartial {
  float value;
  static DEV ProductPartial zero() { return {1.0f}; }
  DEV void add(float x, int) { value *= x; }
  DEV void merge(const ProductPartial& other) { value *= other.value; }
};

struct WriteProduct {
  float* y;
  DEV void operator()(int64_t result, const ProductPartial& product) const { y[result] = product.value; }
};

__global__ void __launch_bounds__(kBlock)
    product_grad_kernel(const float* __restrict__ x, const float* __restrict__ dy, float* __restrict__ dx, AxisParams p) {
  const int64_t columns = int64_t(p.outer) * p.inner;
  for (int64_t i = first_element(); i < columns; i += grid_threads()) {
    const int64_t first = i / p.inner * p.size * p.inner + i % p.inner;
    float before = dy[i], behind = 1;
    for (int64_t s = 0; s < p.size; s++) {
      dx[first + s * p.inner] = before;
      before *= x[first + s * p.inner];
    }
    for (int64_t s = p.size - 1; s >= 0; s--) {
      dx[first + s * p.inner] *= behind;
      behind *= x[first + s * p.inner];
    }
  }
}

}  // namespace

void product(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  reduce<ProductPartial>(ctx, in[0].as<float>(), p, Unchanged{}, WriteProduct{out[0].as<float>()});
}

void product_grad(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  if (out[0].numel > 0)
    launch(product_grad_kernel, blocks_for(in[1].numel), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<float>(), out[0].as<float>(), p);
}

}  // namespace convolt::CONVOLT_BACKEND
