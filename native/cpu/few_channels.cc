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

constexpr int kOutputs = 8, kTaps = 8;  // whose sums are in registers together


struct Lines {
  const float* data;  // [rows,size]
  int64_t rows, size, step;  // from an output to the next
  int64_t taps;  // of each row
};

// y [OUTPUTS,filters] of the outputs from the one at `data` on; weights [window,kFilterLanes].
template <int LANES, int OUTPUTS>
[[gnu::always_inline]] inline void some_outputs(const Lines& lines, const float* data, const float* weights, const float* bias, float* y,
                                                int filters) {
  using Filters = Lanes<float, LANES>;
  Filters sums[OUTPUTS], weight;
  for (Filters& sum : sums) load(sum, bias);
  for (int64_t row = 0; row < lines.rows; row++)
    for (int64_t tap = 0; tap < lines.taps; tap++, weights += LANES) {
      load(weight, weights);
      for (int q = 0; q < OUTPUTS; q++) sums[q] += data[row * lines.size + tap + q * lines.step] * weight;
    }
  for (int q = 0; q < OUTPUTS; q++)
    for (int k = 0; k < filters; k++) y[q * filters + k] = sums[q][k];
}

template <int LANES>
VECTORIZED void row_of_outputs(const Lines& lines, const float* weights, const float* bias, float* y, int64_t outputs, int filters) {
  int64_t q = 0;
  for (; q + kOutputs <= outputs; q += kOutputs)
    some_outputs<LANES, kOutputs>(lines, lines.data + q * lines.step, weights, bias, y + q * filters, filters);
  for (; q < outputs; q++) some_outputs<LANES, 1>(lines, lines.data + q * lines.step, weights, bias, y + q * filters, filters);
}

// dw [TAPS,LANES] += those of the taps from the one at `data` on; dy [outputs,LANES].
template <int LANES, int TAPS>
[[gnu::always_inline]] inline void some_taps(const Lines& lines, const float* data, const float* dy, int64_t outputs, float* dw) {
  using Filters = Lanes<float, LANES>;
  Filters sums[TAPS], gradient;
  for (int tap = 0; tap < TAPS; tap++) load(sums[tap], dw + tap * LANES);
  for (int64_t q = 0; q < outputs; q++) {
    load(gradient, dy + q * LANES);
    for (int tap = 0; tap < TAPS; tap++) sums[tap] += data[q * lines.step + tap] * gradient;
  }
  for (int tap = 0; tap < TAPS; tap++) store(sums[tap], dw + tap * LANES);
}

// dw [window,LANES].
template <int LANES>
VECTORIZED void row_of_weight_grads(const Lines& lines, const float* dy, int64_t outputs, float* dw) {
  for (int64_t row = 0; row < lines.rows; row++) {
    const float* line = lines.data + row * lines.size;
    int64_t tap = 0;
    for (; tap + kTaps <= lines.taps; tap += kTaps, dw += kTaps * LANES) some_taps<LANES, kTaps>(lines, line + tap, dy, outputs, dw);
    for (; tap < lines.taps; tap++, dw += LANES) some_taps<LANES, 1>(lines, line + tap, dy, outputs, dw);
  }
}

Lines lines_of(const ConvParams& p, const float* data) {
  return {data, tap_rows(p), line_size(p), int64_t(p.strideW) * p.c, int64_t(p.s) * p.c};
}

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
  float* lines = ctx.scratch_array<float>(parts * tap_rows(p) * line_size(p));  // [parts,t*r,line]
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      float* own_lines = lines + part * tap_rows(p) * line_size(p);
      for (int64_t row = part * rows / parts; row < (part + 1) * rows / parts; row++) {
        copy_lines(p, b.x, row / p.p / p.z, row / p.p % p.z, row % p.p, own_lines);
        row_of_outputs<LANES>(lines_of(p, own_lines), weights, bias, b.y + row * p.q * p.k, p.q, p.k);
      }
    }
  });
}

// Rows of outputs are cut into a fixed number of parts, whose sums are added in order: the same bits for any number of
// cores.
template <int LANES>
void weight_grad(Context& ctx, const ConvParams& p, const ConvBuffers& b) {
  const int64_t window = window_size(p), rows = int64_t(p.n) * p.z * p.p, parts = std::min<int64_t>(rows, 16);
  const int64_t vectors = (p.k + LANES - 1) / LANES, lanes = vectors * LANES;
  float* sums = ctx.scratch_array<float>(parts * window * lanes);                  // [parts,vectors,window,LANES]
  float* lines = ctx.scratch_array<float>(parts * tap_rows(p) * line_size(p));     // [parts,t*r,line]
  float* gradients = ctx.scratch_array<float>(parts * int64_t(p.q) * LANES);  // [parts,q,LANES]
  std::fill_n(sums, parts * window * lanes, 0.0f);
  std::fill_n(gradients, parts * int64_t(p.q) * LANES, 0.0f);
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      float* own_lines = lines + part * tap_rows(p) * line_size(p);
      float* dy = gradients + part * p.q * LANES;
      for (int64_t row = part * rows / parts; row < (part + 1) * rows / parts; row++) {
        copy_lines(p, b.x, row / p.p / p.z, row / p.p % p.z, row % p.p, own_lines);
        for (int64_t vector = 0; vector < vectors; vector++) {
          const int64_t first = vector * LANES, filters = std::min<int64_t>(LANES, p.k - first);
          for (int64_t q = 0; q < p.q; q++) std::copy_n(b.y + (row * p.q + q) * p.k + first, filters, dy + q * LANES);
          row_of_weight_grads<LANES>(lines_of(p, own_lines), dy, p.q, sums + (part * vectors + vector) * window * LANES);
        }
      }
    }
  });
  for (int64_t k = 0; k < p.k; k++)
    for (int64_t i = 0; i < window; i++) {
      float sum = 0;
      for (int64_t part = 0; part < parts; part++)
        sum += sums[((part * vectors + k / LANES) * window + i) * LANES + k % LANES];
      b.w[k * window + i] = sum;
    }
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
