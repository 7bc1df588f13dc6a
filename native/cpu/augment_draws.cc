// The random choices of augmentation, image by image (augment_draws.h).
#include "augment_draws.h"

#include "backend.h"

namespace convolt::cpu {
namespace {

// Calls take(i, draws) for each image i and moves the state on.
template <class Take>
void for_draws(const Buf& state, int64_t n, const Take& take) {
  uint32_t* random = state.as<uint32_t>();  // [4]
  for (int64_t i = 0; i < n; i++) {
    Draws draws(random, i);
    take(i, draws);
  }
  advance(random, uint64_t(n) * kDrawBlocks);
}

}  // namespace

void draw_view(Context&, Bufs in, Bufs out, const ViewParams& p) {
  Matrix* matrix = out[0].as<Matrix>();  // [n]
  for_draws(in[0], p.n, [&](int64_t i, Draws& draws) { matrix[i] = draw_view_matrix(draws, p); });
}

void draw_color(Context&, Bufs in, Bufs out, const ColorParams& p) {
  int32_t* function = out[0].as<int32_t>();  // [n]
  float* amount = out[1].as<float>();        // [n]
  for_draws(in[0], p.n, [&](int64_t i, Draws& draws) {
    const Recoloring drawn = draw_recoloring(draws, p);
    function[i] = int(drawn.function);
    amount[i] = drawn.amount;
  });
}

void draw_color_jitter(Context&, Bufs in, Bufs out, const ColorJitterParams& p) {
  int32_t* function = out[0].as<int32_t>();  // [n,4]
  float* amount = out[1].as<float>();        // [n,4]
  for_draws(in[0], p.n, [&](int64_t i, Draws& draws) {
    const FourRecolorings drawn = draw_jitter(draws, p);
    for (int step = 0; step < 4; step++) {
      function[4 * i + step] = int(drawn.step[step].function);
      amount[4 * i + step] = drawn.step[step].amount;
    }
  });
}

void draw_rand_augment(Context&, Bufs in, Bufs out, const RandAugmentParams& p) {
  Matrix* matrix = out[0].as<Matrix>();      // [n]
  int32_t* function = out[1].as<int32_t>();  // [n]
  float* amount = out[2].as<float>();        // [n]
  for_draws(in[0], p.n, [&](int64_t i, Draws& draws) {
    const RandAugmentation drawn = draw_rand_augmentation(draws, p);
    matrix[i] = drawn.matrix;
    function[i] = int(drawn.color.function);
    amount[i] = drawn.color.amount;
  });
}

void draw_amount(Context&, Bufs in, Bufs out, const AmountParams& p) {
  float* amount = out[0].as<float>();  // [n]
  for_draws(in[0], p.n, [&](int64_t i, Draws& draws) { amount[i] = draw_amount_of(draws, p); });
}

void draw_box(Context&, Bufs in, Bufs out, const BoxParams& p) {
  Box* box = out[0].as<Box>();          // [n]
  float* outside = out[1].as<float>();  // [n]
  for_draws(in[0], p.n, [&](int64_t i, Draws& draws) {
    box[i] = draw_box_of(draws, p);
    outside[i] = outside_of(box[i], p.h, p.w);
  });
}

void draw_beta(Context&, Bufs in, Bufs out, const BetaParams& p) {
  float* share = out[0].as<float>();  // [n]
  for_draws(in[0], p.n, [&](int64_t i, Draws& draws) { share[i] = draw_beta_of(draws, p.alpha); });
}

}  // namespace convolt::cpu
