// A linear map along one axis: a sparse matrix times the middle axis of x.
//
// Algorithm  y[o,j,i] = sum over the terms t of row j of weight[t] * x[o,index[t],i]; one thread for each result, terms in
//            their order. The gradient is the same with the transposed matrix, so it needs no atomics.
// Shapes     x [outer,size,inner], y [outer,count,inner]; the matrix in rows: ends [count], index and weight [terms].
// Bytes      those of y, and of x as often as an element has terms, mostly from the cache.
// Bound by   memory.
#include "backend.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// Index is 32 bits where they are enough for the elements of y: division is slow.
template <class T, class Index>
__global__ void __launch_bounds__(kBlock)
    resample_kernel(const T* __restrict__ x, const int* __restrict__ ends, const int* __restrict__ index,
                    const float* __restrict__ weight, T* __restrict__ y, int64_t n, ResampleParams p) {
  for (int64_t element = first_element(); element < n; element += grid_threads()) {
    const Index i = Index(element) % Index(p.inner), run = Index(element) / Index(p.inner);
    const Index j = run % Index(p.count), o = run / Index(p.count);
    const T* column = x + int64_t(o) * p.size * p.inner + i;  // [size], inner apart
    // Whatever the matrix holds, nothing is read outside of x and of the matrix.
    const int begin = j == 0 || ends[j - 1] < 0 ? 0 : ends[j - 1], end = ends[j] < p.terms ? ends[j] : p.terms;
    float sum = 0;
    for (int t = begin; t < end; t++) {
      const int from = index[t] < 0 ? 0 : index[t] < p.size ? index[t] : p.size - 1;
      sum += weight[t] * widen(column[int64_t(from) * p.inner]);
    }
    y[element] = narrow<T>(sum);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock) zero_kernel(T* y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = narrow<T>(0.0f);
}

}  // namespace

void resample(Context& ctx, Bufs in, Bufs out, const ResampleParams& p) {
  const int64_t n = out[0].numel;
  if (n == 0) return;
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if (p.size == 0) return launch(zero_kernel<T>, blocks_for(n), kBlock, 0, ctx.stream, out[0].as<T>(), n);
    const auto kernel = n <= UINT32_MAX ? resample_kernel<T, uint32_t> : resample_kernel<T, uint64_t>;
    launch(kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<T>(), in[1].as<int>(), in[2].as<int>(), in[3].as<float>(),
           out[0].as<T>(), n, p);
  });
}

}  // namespace convolt::CONVOLT_BACKEND
