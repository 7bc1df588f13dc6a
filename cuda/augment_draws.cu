// The random choices of augmentation (augment_draws.h).
//
// Algorithm  one thread for each image. A second kernel of one thread moves the random state on, which lies in device
//            memory, so that a recorded step draws anew.
// Shapes     random [4] = {seed low, seed high, counter low, counter high}; a few numbers for each of n images.
// Bytes      16 to 36 an image.
// Bound by   two launches.
#include "augment_draws.h"

#include "backend.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void advance_kernel(uint32_t* random, uint64_t blocks) { advance(random, blocks); }

// What the threads of a draw do: take(i, draws) for image i. A functor, as kernels take no lambdas.
template <class Take>
__global__ void __launch_bounds__(kBlock, 5)  // without the 5, ptxas gives 40 registers and spills
    draw_kernel(const uint32_t* random, int64_t n, Take take) {
  for (int64_t i = first_element(); i < n; i += grid_threads()) {
    Draws draws(random, i);
    take(i, draws);
  }
}

template <class Take>
void launch_draws(Context& ctx, const Buf& random, int64_t n, const Take& take) {
  if (n == 0) return;
  launch(draw_kernel<Take>, blocks_for(n), kBlock, 0, ctx.stream, random.as<uint32_t>(), n, take);
  launch(advance_kernel, 1, 1, 0, ctx.stream, random.as<uint32_t>(), uint64_t(n) * kDrawBlocks);
}

struct TakeView {
  ViewParams p;
  Matrix* matrix;  // [n]
  DEV void operator()(int64_t i, Draws& draws) const {
    const Matrix drawn = draw_view_matrix(draws, p);
    matrix[i] = drawn;
  }
};

struct TakeColor {
  ColorParams p;
  int* function;  // [n]
  float* amount;  // [n]
  DEV void operator()(int64_t i, Draws& draws) const {
    const Recoloring drawn = draw_recoloring(draws, p);
    function[i] = int(drawn.function);
    amount[i] = drawn.amount;
  }
};

struct TakeJitter {
  ColorJitterParams p;
  int* function;  // [n,4]
  float* amount;  // [n,4]
  DEV void operator()(int64_t i, Draws& draws) const {
    const FourRecolorings drawn = draw_jitter(draws, p);
    for (int step = 0; step < 4; step++) {
      function[4 * i + step] = int(drawn.step[step].function);
      amount[4 * i + step] = drawn.step[step].amount;
    }
  }
};

struct TakeRandAugment {
  RandAugmentParams p;
  Matrix* matrix;  // [n]
  int* function;   // [n]
  float* amount;   // [n]
  DEV void operator()(int64_t i, Draws& draws) const {
    const RandAugmentation drawn = draw_rand_augmentation(draws, p);
    matrix[i] = drawn.matrix;
    function[i] = int(drawn.color.function);
    amount[i] = drawn.color.amount;
  }
};

struct TakeAmount {
  AmountParams p;
  float* amount;  // [n]
  DEV void operator()(int64_t i, Draws& draws) const { amount[i] = draw_amount_of(draws, p); }
};

struct TakeBox {
  BoxParams p;
  Box* box;        // [n]
  float* outside;  // [n]
  DEV void operator()(int64_t i, Draws& draws) const {
    const Box drawn = draw_box_of(draws, p);
    box[i] = drawn;
    outside[i] = outside_of(drawn, p.h, p.w);
  }
};

struct TakeBeta {
  BetaParams p;
  float* share;  // [n]
  DEV void operator()(int64_t i, Draws& draws) const { share[i] = draw_beta_of(draws, p.alpha); }
};

}  // namespace

void draw_view(Context& ctx, Bufs in, Bufs out, const ViewParams& p) {
  launch_draws(ctx, in[0], p.n, TakeView{p, out[0].as<Matrix>()});
}

void draw_color(Context& ctx, Bufs in, Bufs out, const ColorParams& p) {
  launch_draws(ctx, in[0], p.n, TakeColor{p, out[0].as<int>(), out[1].as<float>()});
}

void draw_color_jitter(Context& ctx, Bufs in, Bufs out, const ColorJitterParams& p) {
  launch_draws(ctx, in[0], p.n, TakeJitter{p, out[0].as<int>(), out[1].as<float>()});
}

void draw_rand_augment(Context& ctx, Bufs in, Bufs out, const RandAugmentParams& p) {
  launch_draws(ctx, in[0], p.n, TakeRandAugment{p, out[0].as<Matrix>(), out[1].as<int>(), out[2].as<float>()});
}

void draw_amount(Context& ctx, Bufs in, Bufs out, const AmountParams& p) {
  launch_draws(ctx, in[0], p.n, TakeAmount{p, out[0].as<float>()});
}

void draw_box(Context& ctx, Bufs in, Bufs out, const BoxParams& p) {
  launch_draws(ctx, in[0], p.n, TakeBox{p, out[0].as<Box>(), out[1].as<float>()});
}

void draw_beta(Context& ctx, Bufs in, Bufs out, const BetaParams& p) {
  launch_draws(ctx, in[0], p.n, TakeBeta{p, out[0].as<float>()});
}

}  // namespace convolt::CONVOLT_BACKEND
