// Functions of colours, one after the other (recolor.h).
//
// Algorithm  Two kernels for each step, since every image has a function of its own. In the first, a block counts the levels
//            of an image in shared memory, where its function needs them, and makes the image's tables; counts are whole
//            numbers, so their order does not matter. The second changes pixels, one thread for each. Steps alternate
//            between y and scratch memory, as sharpness reads what others have written.
// Shapes     x and y [n,h,w,c] bytes, function and amount [n,steps].
// Bytes      2 an element and step, 3 where levels are counted.
// Bound by   memory.
#include "recolor.h"

#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

// The step of a call that runs.
struct Step {
  const int* function;  // [n,steps]
  const float* amount;  // [n,steps]
  int step;
};

__global__ void __launch_bounds__(kBlock)
    table_kernel(const uint8_t* __restrict__ x, const Step step, uint8_t* __restrict__ table, const RecolorParams p) {
  SHARED_ARRAY(int, counts, [256]);
  SHARED_ARRAY(LevelStatistics, statistics, [1]);
  const int64_t pixels = int64_t(p.h) * p.w;
  for (int64_t n = blockIdx.x; n < p.n; n += gridDim.x) {
    const ColorFunction f = ColorFunction(step.function[n * p.steps + step.step]);
    if (!uses_table(f)) continue;
    const float amount = step.amount[n * p.steps + step.step];
    const uint8_t* image = x + n * pixels * p.c;
    const bool of_grays = f == ColorFunction::contrast && p.c == 3;
    for (int c = 0; c < p.c; c++) {
      // The counts of the first channel, or of the grey levels, are contrast's for all channels.
      if (uses_counts(f) && (c == 0 || f != ColorFunction::contrast)) {
        counts[threadIdx.x] = 0;
        __syncthreads();
        for (int64_t i = threadIdx.x; i < pixels; i += kBlock)
          atomicAdd(&counts[of_grays ? gray_of(image + i * 3) : image[i * p.c + c]], 1);
        __syncthreads();
        if (threadIdx.x == 0) statistics[0] = level_statistics(counts);
        __syncthreads();
      }
      const LevelStatistics known = uses_counts(f) ? statistics[0] : LevelStatistics{};
      table[(n * p.c + c) * 256 + threadIdx.x] = table_entry(f, amount, threadIdx.x, counts, known);
      __syncthreads();  // before the counts of the next channel
    }
  }
}

__global__ void __launch_bounds__(kBlock)
    recolor_kernel(const uint8_t* __restrict__ x, const Step step, const uint8_t* __restrict__ table, uint8_t* __restrict__ y, const RecolorParams p) {
  const int64_t pixels = int64_t(p.h) * p.w;
  for (int64_t i = first_element(); i < p.n * pixels; i += grid_threads()) {
    const int64_t n = i / pixels;
    const ColorFunction f = ColorFunction(step.function[n * p.steps + step.step]);
    const float amount = step.amount[n * p.steps + step.step];
    const uint8_t* from = x + i * p.c;
    uint8_t* to = y + i * p.c;
    if (uses_pixels(f, p.c)) {
      const Rgb pixel = recolored_pixel(f, amount, from);
      to[0] = pixel.r;
      to[1] = pixel.g;
      to[2] = pixel.b;
      continue;
    }
    const int row = int(i / p.w % p.h), column = int(i % p.w);
    const bool sharpens = uses_neighbours(f, p.h, p.w), has_table = uses_table(f);
    for (int c = 0; c < p.c; c++)
      to[c] = has_table ? table[(n * p.c + c) * 256 + from[c]] : sharpens ? sharpened(from + c, row, column, amount, p) : from[c];
  }
}

__global__ void __launch_bounds__(kBlock) copy_kernel(const uint8_t* __restrict__ x, uint8_t* __restrict__ y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) y[i] = x[i];
}

}  // namespace

void recolor(Context& ctx, Bufs in, Bufs out, const RecolorParams& p) {
  const uint8_t* x = in[0].as<uint8_t>();
  uint8_t* y = out[0].as<uint8_t>();
  const int64_t elements = out[0].numel;
  if (elements == 0) return;
  if (p.steps == 0) {
    launch(copy_kernel, blocks_for(elements), kBlock, 0, ctx.stream, x, y, elements);
    return;
  }
  uint8_t* table = ctx.scratch_array<uint8_t>(int64_t(p.n) * p.c * 256);
  uint8_t* between = p.steps > 1 ? ctx.scratch_array<uint8_t>(elements) : nullptr;
  for (int step = 0; step < p.steps; step++) {
    const Step now = {in[1].as<int>(), in[2].as<float>(), step};
    uint8_t* to = (p.steps - step) % 2 == 1 ? y : between;  // the last step writes to y
    launch(table_kernel, p.n < 65536 ? p.n : 65536, kBlock, 0, ctx.stream, x, now, table, p);
    launch(recolor_kernel, blocks_for(elements / p.c), kBlock, 0, ctx.stream, x, now, table, to, p);
    x = to;
  }
}

}  // namespace convolt::CONVOLT_BACKEND
