// One sequence of a CTC loss (Graves et al., ICML 2006), as both backends see it: its labels with blanks before, between and
// behind them are its states, 2 length + 1 of them.
#pragma once

#include <cmath>
#include <cstdint>

#include "element.h"
#include "params.h"

namespace convolt {

struct CtcSequence {
  const int32_t* labels;  // [length]
  int steps, states, blank;
  bool valid;  // whether lengths and labels lie within their bounds

  // The class that a state stands for.
  HOST_DEVICE int label(int state) const { return state % 2 ? labels[state / 2] : blank; }

  // Whether a path may come to a state from two states before: not over a blank between equal labels.
  HOST_DEVICE bool skips(int state) const { return state % 2 && state > 1 && labels[state / 2] != labels[state / 2 - 1]; }
};

HOST_DEVICE CtcSequence ctc_sequence(const int32_t* target, const int32_t* input_lengths, const int32_t* target_lengths, int n,
                                      const CtcParams& p) {
  const int steps = input_lengths[n], length = target_lengths[n];
  const int32_t* labels = target + int64_t(n) * p.s;
  bool valid = steps >= 0 && steps <= p.t && length >= 0 && length <= p.s && length <= (p.states - 1) / 2 && p.states > 0 && p.blank < p.c;
  for (int i = 0; valid && i < length; i++) valid = labels[i] >= 0 && labels[i] < p.c;
  return {labels, valid ? steps : 0, valid ? 2 * length + 1 : 0, p.blank, valid};
}

// log(exp(a) + exp(b)), where both may be -infinity.
HOST_DEVICE float ctc_log_add(float a, float b) {
  const float larger = a > b ? a : b, smaller = a > b ? b : a;
  return smaller == -INFINITY ? larger : larger + log1pf(expf(smaller - larger));
}

// The logarithm of the probability of all paths, from the last of the rows of alpha, which are `width` apart.
HOST_DEVICE float ctc_total(const CtcSequence& sequence, const float* rows, int width) {
  if (sequence.steps == 0) return sequence.states == 1 ? 0 : -INFINITY;
  const float* last = rows + int64_t(sequence.steps - 1) * width;
  return sequence.states == 1 ? last[0] : ctc_log_add(last[sequence.states - 1], last[sequence.states - 2]);
}

// alpha of a state, the logarithm of the probability of all paths that are in it at a step, from the row of the step before
// (null at the first) and the log-probability of the state's class.
HOST_DEVICE float ctc_alpha(const CtcSequence& sequence, const float* before, int state, float log_prob) {
  if (!before) return state < 2 ? log_prob : -INFINITY;
  float total = before[state];
  if (state > 0) total = ctc_log_add(total, before[state - 1]);
  if (sequence.skips(state)) total = ctc_log_add(total, before[state - 2]);
  return total + log_prob;
}

// beta of a state, the logarithm of the probability of all ways on from it, from the row of the step behind, to which the
// log-probabilities of its states' classes have been added (null at the last).
HOST_DEVICE float ctc_beta(const CtcSequence& sequence, const float* behind, int state) {
  if (!behind) return state >= sequence.states - 2 ? 0 : -INFINITY;
  float total = behind[state];
  if (state + 1 < sequence.states) total = ctc_log_add(total, behind[state + 1]);
  if (state + 2 < sequence.states && sequence.skips(state + 2)) total = ctc_log_add(total, behind[state + 2]);
  return total;
}

}  // namespace convolt
