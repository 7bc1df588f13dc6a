#include "few_channels.h"

#include <algorithm>

#include "lanes.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

// The part of an image row under the windows of a row of outputs.
int64_t line_size(const ConvParams& p) { return (int64_t(p.q - 1) * p.strideW + p.s) * p.c; }
int64_t tap_rows(const ConvParams& p) { return int64_t(p.t) * p.r; }
int64_t window_size(const ConvParams& p) { return tap_rows(p) * p.s * p.c; }

void copy_line(const ConvParams& p, const float* x, int64_t n, int64_t d, int64_t h, float* line) {
  std::fill_n(line, line_size(p), 0.0f);
  if (d < 0 || d >= p.d || h < 0 || h >= p.h) return;
  const int64_t positions = int64_t(p.q - 1) * p.strideW + p.s;
  const int64_t first = std::max<int64_t>(0, -p.padW), last = std::min<int64_t>(p.w, positions - p.padW);  // of the row
  if (last > first) std::copy_n(x + (((n * p.d + d) * p.h + h) * p.w + first) * p.c, (last - first) * p.c, line + (first + p.padW) * p.c);
}

// lines [t*r,line]: those under output row (n, z, o).
void copy_lines(const ConvParams& p, const float* x, int64_t n, int64_t z, int64_t o, float* lines) {
  for (int64_t t = 0; t < p.t; t++)
    for (int64_t r = 0; r < p.r; r++)
      copy_line(p, x, n, z * p.strideD - p.padD + t * p.dilationD, o * p.strideH - p.padH + r * p.dilationH,
                lines + (t * p.r + r) * line_size(p));
}

constexpr int kMostTogether = 14;  // vectors of sums in registers at once: of 16, less a weight and a number of the image

// The lines under a row of outputs, and where each element of an output's window lies in them.
struct Lines {
  const float* data;
  const int64_t* offsets;  // [window], from the window's first element
  int64_t window, step;    // from an output to the next
};

// Calls body(first, constant of size) for ranges of nearly equal size, at most kMostTogether, which make up [0, n).
template <class Body>
[[gnu::always_inline]] inline void for_blocks(int64_t n, const Body& body) {
  const int64_t blocks = (n + kMostTogether - 1) / kMostTogether;
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t first = block * n / blocks;
    with_constant<kMostTogether>(int((block + 1) * n / blocks - first), [&](auto size) __attribute__((always_inline)) { body(first, size); });
  }
}

// y [outputs,filters]; weights [window,LANES]. A store of LANES filters reaches into the next outputs, which are stored
// later; at the end of the row only what belongs to it is stored.
template <int LANES>
VECTORIZED void row_of_outputs(const Lines& lines, const float* weights, const float* bias, float* y, int64_t outputs, int filters) {
  using Filters = Lanes<float, LANES>;
  for_blocks(outputs, [&](int64_t first, auto size) __attribute__((always_inline)) {
    const float* data = lines.data + first * lines.step;
    Filters sums[size()], weight;
    for (Filters& sum : sums) load(sum, bias);
    for (int64_t i = 0; i < lines.window; i++) {
      load(weight, weights + i * LANES);
      const float* of_first = data + lines.offsets[i];
      for (int q = 0; q < size(); q++) sums[q] += of_first[q * lines.step] * weight;
    }
    for (int q = 0; q < size(); q++) {
      float* to = y + (first + q) * filters;
      if ((first + q) * filters + LANES <= outputs * filters) store(sums[q], to);
      else for (int k = 0; k < filters; k++) to[k] = sums[q][k];
    }
  });
}

// dw [window,LANES] += the products with dy, of which LANES filters at `step` numbers from one output to the next.
template <int LANES>
VECTORIZED void row_of_weight_grads(const Lines& lines, const float* dy, int64_t step, int64_t outputs, float* dw) {
  using Filters = Lanes<float, LANES>;
  for_blocks(lines.window, [&](int64_t first, auto size) __attribute__((always_inline)) {
    const int64_t* offsets = lines.offsets + first;
    Filters sums[size()], gradient;
    for (int i = 0; i < size(); i++) load(sums[i], dw + (first + i) * LANES);
    for (int64_t q = 0; q < outputs; q++) {
      load(gradient, dy + q * step);
      const float* data = lines.data + q * lines.step;
      for (int i = 0; i < size(); i++) sums[i] += data[offsets[i]] * gradient;
    }
    for (int i = 0; i < size(); i++) store(sums[i], dw + (first + i) * LANES);
  });
}

// Finds the lines under rows of outputs: in the image itself where no padding is under any window, and else in a copy.
class LineSource {
 public:
  LineSource(Context& ctx, const ConvParams& p, const float* x, int64_t parts)
      : p_(p), x_(x), in_place_(is_inside(p.d, p.t, p.z, p.strideD, p.padD, p.dilationD) && is_inside(p.h, p.r, p.p, p.strideH, p.padH, p.dilationH) &&
                                is_inside(p.w, p.s, p.q, p.strideW, p.padW, 1)) {
    const int64_t w = int64_t(p.w) * p.c;
    int64_t* offsets = ctx.scratch_array<int64_t>(window_size(p));
    offsets_ = offsets;
    for (int64_t t = 0; t < p.t; t++)
      for (int64_t r = 0; r < p.r; r++)
        for (int64_t i = 0; i < int64_t(p.s) * p.c; i++)
          *offsets++ = i + (in_place_ ? (t * p.dilationD * p.h + r * p.dilationH) * w : (t * p.r + r) * line_size(p));
    if (!in_place_) copies_ = ctx.scratch_array<float>(parts * tap_rows(p) * line_size(p));
  }

  // Those under a row of outputs [n*z*p]. The parts run side by side.
  Lines under(int64_t row, int64_t part) const {
    const int64_t n = row / p_.p / p_.z, z = row / p_.p % p_.z, o = row % p_.p;
    if (in_place_) return lines(x_ + ((n * p_.d + z * p_.strideD) * p_.h + o * p_.strideH) * p_.w * p_.c);
    float* copy = copies_ + part * tap_rows(p_) * line_size(p_);
    copy_lines(p_, x_, n, z, o, copy);
    return lines(copy);
  }

 private:
  static bool is_inside(int64_t extent, int64_t taps, int64_t outputs, int64_t stride, int64_t pad, int64_t dilation) {
    return pad == 0 && (outputs - 1) * stride + (taps - 1) * dilation < extent;
  }
  Lines lines(const float* data) const { return {data, offsets_, window_size(p_), int64_t(p_.strideW) * p_.c}; }

  const ConvParams& p_;
  const float* x_;
  bool in_place_;
  const int64_t* offsets_;   // [window]
  float* copies_ = nullptr;  // [parts,t*r,line]
};

template <int LANES>
void forward(Context& ctx, const ConvParams& p, const ConvBuffers& b) {
  const int64_t window = window_size(p), rows = int64_t(p.n) * p.z * p.p, parts = std::min<int64_t>(rows, 64);
  float* weights = ctx.scratch_array<float>(window * LANES);  // [window,filter]
  std::fill_n(weights, window * LANES, 0.0f);
  float bias[LANES] = {};
  for (int64_t k = 0; k < p.k; k++) {
    for (int64_t i = 0; i < window; i++) weights[i * LANES + k] = b.w[k * window + i];
    if (b.bias) bias[k] = b.bias[k];
  }
  const LineSource source(ctx, p, b.x, parts);
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++)
      for (int64_t row = part * rows / parts; row < (part + 1) * rows / parts; row++)
        row_of_outputs<LANES>(source.under(row, part), weights, bias, b.y + row * p.q * p.k, p.q, p.k);
  });
}

// Rows of outputs are cut into a fixed number of parts, whose sums are added in order: the same bits for any number of
// cores.
template <int LANES>
void weight_grad(Context& ctx, const ConvParams& p, const ConvBuffers& b) {
  const int64_t window = window_size(p), rows = int64_t(p.n) * p.z * p.p, parts = std::min<int64_t>(rows, 16);
  const int64_t vectors = (p.k + LANES - 1) / LANES, size = vectors * window * LANES, row_of_dy = int64_t(p.q) * p.k;
  float* sums = ctx.scratch_array<float>(parts * size);  // [parts,vectors,window,LANES]
  // A vector of the last filters reaches into the next output; behind the last row of all are zeros for it.
  float* last_row = ctx.scratch_array<float>(row_of_dy + LANES);
  std::copy_n(b.y + (rows - 1) * row_of_dy, row_of_dy, last_row);
  std::fill_n(last_row + row_of_dy, LANES, 0.0f);
  const LineSource source(ctx, p, b.x, parts);
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      float* own_sums = sums + part * size;
      std::fill_n(own_sums, size, 0.0f);
      for (int64_t row = part * rows / parts; row < (part + 1) * rows / parts; row++) {
        const Lines lines = source.under(row, part);
        const float* dy = row == rows - 1 ? last_row : b.y + row * row_of_dy;
        for (int64_t vector = 0; vector < vectors; vector++)
          row_of_weight_grads<LANES>(lines, dy + vector * LANES, p.k, p.q, own_sums + vector * window * LANES);
      }
    }
  });
  for (int64_t part = 1; part < parts; part++)
    for (int64_t i = 0; i < size; i++) sums[i] += sums[part * size + i];
  for (int64_t k = 0; k < p.k; k++)
    for (int64_t i = 0; i < window; i++) b.w[k * window + i] = sums[(k / LANES * window + i) * LANES + k % LANES];
}

}  // namespace

bool has_few_channels(const ConvParams& p) { return p.groups == 1 && p.dilationW == 1 && p.c < 8 && window_size(p) <= 512; }

void few_channels_forward(Context& ctx, const ConvParams& p, const ConvBuffers& b) {
  if (p.k <= 8) forward<8>(ctx, p, b);
  else forward<16>(ctx, p, b);
}

void few_channels_weight_grad(Context& ctx, const ConvParams& p, const ConvBuffers& b) {
  if (p.k <= 8) weight_grad<8>(ctx, p, b);
  else weight_grad<16>(ctx, p, b);
}

}  // namespace convolt::cpu
