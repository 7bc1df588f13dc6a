// A row for each label, 1 at the label and 0 elsewhere.
//
// Algorithm  one thread for each element. A label that is no class gives zeros.
// Shapes     label [n], y [n,classes].
// Bytes      4 an element.
// Bound by   memory.
#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

static __global__ void __launch_bounds__(kBlock)
    one_hot_kernel(const int* __restrict__ label, float* __restrict__ y, int64_t n, int64_t classes) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = label[i / classes] == i % classes ? 1.0f : 0.0f;
}

void one_hot(Context& ctx, Bufs in, Bufs out, const OneHotParams& p) {
  const int64_t n = out[0].numel;
  if (n > 0) launch(one_hot_kernel, blocks_for(n), kBlock, 0, ctx.stream, in[0].as<int>(), out[0].as<float>(), n, p.classes);
}

}  // namespace convolt::CONVOLT_BACKEND
