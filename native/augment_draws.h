// The random choices of augmentation: what one image's draws give. Every backend calls these for each image.
//
// Image i of a call takes its numbers from kDrawBlocks Philox blocks of its own, whatever it needs of them, so that the
// images of a batch can be drawn in any order.
//
// In the backend's namespace: each backend compiles it for itself, as the emulator's checked builds have to.
#pragma once

#include <cmath>

#include "float_math.h"
#include "params.h"
#include "philox.h"

namespace convolt::CONVOLT_BACKEND {

constexpr int kDrawBlocks = 16;  // 64 numbers: more than any draw below needs
constexpr int kTries = 10;       // for a rectangle that fits

// The random numbers of one image.
struct Draws {
  uint64_t block;
  uint32_t key0, key1;
  PhiloxWords words;
  int used;

  HOST_DEVICE Draws(const uint32_t* random, int64_t image)
      : block(counter_of(random) + uint64_t(image) * kDrawBlocks), key0(random[0]), key1(random[1]), words{}, used(4) {}

  // Of [0, 1), with 24 random bits.
  HOST_DEVICE float uniform() {
    if (used == 4) {
      words = philox(block++, key0, key1);
      used = 0;
    }
    return float(words.word[used++] >> 8) * 0x1p-24f;
  }
  HOST_DEVICE float between(float low, float high) { return low + (high - low) * uniform(); }
  HOST_DEVICE bool chance(float probability) { return uniform() < probability; }
  // A whole number from 0 to below `count`, which is at least 1.
  HOST_DEVICE int below(int count) {
    const int drawn = int(uniform() * float(count));
    return drawn < count ? drawn : count - 1;
  }
};

// ---- geometry ----

// Maps places of y to places of x; see WarpParams.
struct Matrix {
  float xx, xy, x0, yx, yy, y0;
};

HOST_DEVICE Matrix identity_matrix() { return {1, 0, 0, 0, 1, 0}; }

// First b, then a.
HOST_DEVICE Matrix composed(const Matrix& a, const Matrix& b) {
  return {a.xx * b.xx + a.xy * b.yx, a.xx * b.xy + a.xy * b.yy, a.xx * b.x0 + a.xy * b.y0 + a.x0,
          a.yx * b.xx + a.yy * b.yx, a.yx * b.xy + a.yy * b.yy, a.yx * b.x0 + a.yy * b.y0 + a.y0};
}

struct Rectangle {
  int top, left, height, width;
};

// A rectangle with a share of the area of [h,w] from low to high and width / height from ratio_low to ratio_high, each
// logarithm of which is as likely. Height 0 is none that fits (C. Szegedy et al., arXiv:1409.4842; as torchvision draws it).
HOST_DEVICE Rectangle draw_rectangle(Draws& draws, int h, int w, float low, float high, float ratio_low, float ratio_high) {
  for (int attempt = 0; attempt < kTries; attempt++) {
    const float area = draws.between(low, high) * float(h) * float(w);
    const float ratio = exp_of(draws.between(log_of(ratio_low), log_of(ratio_high)));
    const float width = rintf(sqrtf(area * ratio)), height = rintf(sqrtf(area / ratio));
    if (width >= 1 && height >= 1 && width <= float(w) && height <= float(h)) {
      const int top = draws.below(h - int(height) + 1), left = draws.below(w - int(width) + 1);
      return {top, left, int(height), int(width)};
    }
  }
  return {0, 0, 0, 0};
}

// The largest rectangle in the middle of [h,w] with a ratio in the range: what torchvision falls back on.
HOST_DEVICE Rectangle middle_rectangle(int h, int w, float ratio_low, float ratio_high) {
  int height = h, width = w;
  if (float(w) < ratio_low * float(h)) height = int(rintf(float(w) / ratio_low));
  if (float(w) > ratio_high * float(h)) width = int(rintf(float(h) * ratio_high));
  return {(h - height) / 2, (w - width) / 2, height, width};
}

HOST_DEVICE Rectangle draw_region(Draws& draws, const ViewParams& p) {
  if (p.region == int(Region::crop)) {
    const int downs = p.h + 2 * p.padding - p.p + 1, rights = p.w + 2 * p.padding - p.q + 1;
    const int top = draws.below(downs > 1 ? downs : 1) - p.padding;
    return {top, draws.below(rights > 1 ? rights : 1) - p.padding, p.p, p.q};
  }
  if (p.region == int(Region::resizedCrop)) {
    const Rectangle drawn = draw_rectangle(draws, p.h, p.w, p.areaLow, p.areaHigh, p.ratioLow, p.ratioHigh);
    return drawn.height > 0 ? drawn : middle_rectangle(p.h, p.w, p.ratioLow, p.ratioHigh);
  }
  return {0, 0, p.h, p.w};
}

// y is x that was sheared by (shear_x, shear_y), turned clockwise by `angle`, enlarged by `zoom` and shifted, all about the
// centre of [p,q]; this is the way back.
HOST_DEVICE Matrix moved_matrix(float p, float q, float angle, float shift_x, float shift_y, float zoom, float shear_x, float shear_y) {
  const float tilt = angle - shear_y;
  const float a = cosf(tilt) / cosf(shear_y), b = -a * tanf(shear_x) - sinf(angle);
  const float c = sinf(tilt) / cosf(shear_y), d = -c * tanf(shear_x) + cosf(angle);
  const Matrix back = {d / zoom, -b / zoom, 0, -c / zoom, a / zoom, 0};
  const float x = q / 2, y = p / 2;
  return composed(composed({1, 0, x, 0, 1, y}, back), {1, 0, -x - shift_x, 0, 1, -y - shift_y});
}

HOST_DEVICE Matrix draw_view_matrix(Draws& draws, const ViewParams& p) {
  const Rectangle from = draw_region(draws, p);
  const bool mirrored = draws.chance(p.flipX), turned = draws.chance(p.flipY);
  const float q = float(p.q), h = float(p.p);
  const float scale_x = float(from.width) / q, scale_y = float(from.height) / h;
  Matrix view = {scale_x, 0, float(from.left), 0, scale_y, float(from.top)};
  if (mirrored) view.xx = -scale_x, view.x0 += float(from.width);
  if (turned) view.yy = -scale_y, view.y0 += float(from.height);

  const float angle = draws.between(-p.angle, p.angle);
  const float shift_x = rintf(draws.between(-p.translateX, p.translateX) * q);
  const float shift_y = rintf(draws.between(-p.translateY, p.translateY) * h);
  const float zoom = draws.between(p.zoomLow, p.zoomHigh);
  const float shear_x = draws.between(-p.shearX, p.shearX), shear_y = draws.between(-p.shearY, p.shearY);
  const bool moves = angle != 0 || shift_x != 0 || shift_y != 0 || zoom != 1 || shear_x != 0 || shear_y != 0;
  return moves ? composed(view, moved_matrix(h, q, angle, shift_x, shift_y, zoom, shear_x, shear_y)) : view;
}

// ---- colours ----

struct Recoloring {
  ColorFunction function;
  float amount;
};

HOST_DEVICE Recoloring draw_recoloring(Draws& draws, const ColorParams& p) {
  const bool happens = draws.chance(p.probability);
  return {happens ? ColorFunction(p.function) : ColorFunction::identity, draws.between(p.low, p.high)};
}

struct FourRecolorings {
  Recoloring step[4];
};

// A function whose amount changes nothing is left out, as it would still round.
HOST_DEVICE Recoloring recoloring_unless(float neutral, ColorFunction function, float amount) {
  return {amount == neutral ? ColorFunction::identity : function, amount};
}

HOST_DEVICE FourRecolorings draw_jitter(Draws& draws, const ColorJitterParams& p) {
  FourRecolorings drawn = {{recoloring_unless(1, ColorFunction::brightness, draws.between(p.brightnessLow, p.brightnessHigh)),
                            recoloring_unless(1, ColorFunction::contrast, draws.between(p.contrastLow, p.contrastHigh)),
                            recoloring_unless(1, ColorFunction::saturation, draws.between(p.saturationLow, p.saturationHigh)),
                            recoloring_unless(0, ColorFunction::hue, draws.between(p.hueLow, p.hueHigh))}};
  for (int i = 3; i > 0; i--) {
    const int j = draws.below(i + 1);
    const Recoloring swapped = drawn.step[i];
    drawn.step[i] = drawn.step[j];
    drawn.step[j] = swapped;
  }
  return drawn;
}

struct RandAugmentation {
  Matrix matrix;
  Recoloring color;
};

// One of the fourteen operations of RandAugment, each as likely, with torchvision's ranges (E. Cubuk et al.,
// arXiv:1909.13719).
HOST_DEVICE RandAugmentation draw_rand_augmentation(Draws& draws, const RandAugmentParams& p) {
  const int operation = draws.below(14);
  const float sign = draws.chance(0.5f) ? -1.0f : 1.0f, m = p.magnitude;
  Matrix matrix = identity_matrix();
  Recoloring color = {ColorFunction::identity, 0};
  switch (operation) {
    case 1: matrix.xy = sign * 0.3f * m; break;                                                   // shear x
    case 2: matrix.yx = sign * 0.3f * m; break;                                                   // shear y
    case 3: matrix.x0 = -truncf(sign * m * (150.0f / 331.0f * float(p.w))); break;                // translate x
    case 4: matrix.y0 = -truncf(sign * m * (150.0f / 331.0f * float(p.h))); break;                // translate y
    case 5: matrix = moved_matrix(float(p.h), float(p.w), -sign * m * 0.523598776f, 0, 0, 1, 0, 0); break;  // by 30 degrees
    case 6: color = {ColorFunction::brightness, 1 + sign * 0.9f * m}; break;
    case 7: color = {ColorFunction::saturation, 1 + sign * 0.9f * m}; break;
    case 8: color = {ColorFunction::contrast, 1 + sign * 0.9f * m}; break;
    case 9: color = {ColorFunction::sharpness, 1 + sign * 0.9f * m}; break;
    case 10: color = {ColorFunction::posterize, 8 - rintf(4 * m)}; break;
    case 11: color = {ColorFunction::solarize, 255 - 255 * m}; break;
    case 12: color = {ColorFunction::autocontrast, 0}; break;
    case 13: color = {ColorFunction::equalize, 0}; break;
    default: break;
  }
  return {matrix, color};
}

// ---- numbers and boxes ----

HOST_DEVICE float draw_amount_of(Draws& draws, const AmountParams& p) {
  const bool happens = draws.chance(p.probability);
  const float amount = draws.between(p.low, p.high);
  return happens ? amount : 0.0f;
}

// The logarithm of a Gamma(alpha) number (G. Marsaglia & W. Tsang, "A simple method for generating gamma variables",
// 2000), which does not vanish where alpha is small.
HOST_DEVICE float draw_log_gamma(Draws& draws, float alpha) {
  const float d = (alpha < 1 ? alpha + 1 : alpha) - 1.0f / 3.0f, c = 1 / sqrtf(9 * d);
  float cube = 1;
  for (int attempt = 0; attempt < 8; attempt++) {  // each is taken with a probability above 0.95
    const float radius = sqrtf(-2 * log_of(1 - draws.uniform())), x = radius * cosf(6.28318531f * draws.uniform());
    const float root = 1 + c * x, u = 1 - draws.uniform();
    if (root <= 0) continue;
    cube = root * root * root;
    if (log_of(u) < 0.5f * x * x + d * (1 - cube + log_of(cube))) break;
  }
  const float raised = alpha < 1 ? log_of(1 - draws.uniform()) / alpha : 0.0f;
  return log_of(d * cube) + raised;
}

// Beta(alpha, alpha).
HOST_DEVICE float draw_beta_of(Draws& draws, float alpha) {
  const float a = draw_log_gamma(draws, alpha), b = draw_log_gamma(draws, alpha);
  return sigmoid_of(a - b);
}

struct Box {
  int top, left, bottom, right;
};

HOST_DEVICE int clamped(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

// A square or rectangle about a pixel, as far as it is inside of [h,w].
HOST_DEVICE Box box_about(int y, int x, int height, int width, int h, int w) {
  const int top = y - height / 2, left = x - width / 2;
  return {clamped(top, 0, h), clamped(left, 0, w), clamped(top + height, 0, h), clamped(left + width, 0, w)};
}

HOST_DEVICE Box draw_box_of(Draws& draws, const BoxParams& p) {
  const bool happens = draws.chance(p.probability);
  if (!happens) return {0, 0, 0, 0};
  if (p.kind == int(BoxKind::erase)) {  // Z. Zhong et al., arXiv:1708.04896; its ratio is height / width
    const Rectangle r = draw_rectangle(draws, p.h, p.w, p.areaLow, p.areaHigh, 1 / p.ratioHigh, 1 / p.ratioLow);
    return {r.top, r.left, r.top + r.height, r.left + r.width};
  }
  if (p.kind == int(BoxKind::cutout)) {  // T. DeVries & G. Taylor, arXiv:1708.04552
    const int y = draws.below(p.h);
    return box_about(y, draws.below(p.w), p.size, p.size, p.h, p.w);
  }
  const float side = sqrtf(1 - draw_beta_of(draws, p.alpha));  // S. Yun et al., arXiv:1905.04899
  const int y = draws.below(p.h), x = draws.below(p.w);
  return box_about(y, x, int(side * float(p.h)), int(side * float(p.w)), p.h, p.w);
}

// The share of an image that lies outside of a box.
HOST_DEVICE float outside_of(const Box& box, int h, int w) {
  return 1 - float(box.bottom - box.top) * float(box.right - box.left) / (float(h) * float(w));
}

}  // namespace convolt::CONVOLT_BACKEND
