// Connectionist temporal classification (Graves et al., ICML 2006): alpha forwards, beta backwards, one sequence after
// another. Lengths and labels out of bounds give NaN and no gradient; with zeroInfinity an impossible sequence gives 0.
#include "backend.h"

#include <algorithm>
#include <vector>

#include "ctc_sequence.h"
#include "parallel.h"

namespace convolt::cpu {

void ctc_forward(Context&, Bufs in, Bufs out, const CtcParams& p) {
  const float* log_probs = in[0].as<float>();  // [t,n,c]
  const int32_t *target = in[1].as<int32_t>(), *input_lengths = in[2].as<int32_t>(), *target_lengths = in[3].as<int32_t>();
  float *loss = out[0].as<float>(), *alpha = out[1].as<float>();  // [n], [n,t,states]
  parallel_for(p.n, 1, [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) {
      const CtcSequence sequence = ctc_sequence(target, input_lengths, target_lengths, int(n), p);
      float* rows = alpha + n * p.t * p.states;  // [t,states]
      for (int t = 0; t < sequence.steps; t++) {
        float* row = rows + int64_t(t) * p.states;
        const float* emitted = log_probs + (int64_t(t) * p.n + n) * p.c;  // [c]
        for (int state = 0; state < sequence.states; state++)
          row[state] = ctc_alpha(sequence, t > 0 ? row - p.states : nullptr, state, emitted[sequence.label(state)]);
      }
      const float total = ctc_total(sequence, rows, p.states);
      loss[n] = !sequence.valid ? NAN : p.zeroInfinity && total == -INFINITY ? 0.0f : -total;
    }
  });
}

void ctc_grad(Context&, Bufs in, Bufs out, const CtcParams& p) {
  const float* log_probs = in[0].as<float>();  // [t,n,c]
  const int32_t *target = in[1].as<int32_t>(), *input_lengths = in[2].as<int32_t>(), *target_lengths = in[3].as<int32_t>();
  const float *alpha = in[4].as<float>(), *dloss = in[5].as<float>();  // [n,t,states], [n]
  float* dlog_probs = out[0].as<float>();                              // [t,n,c]
  std::fill_n(dlog_probs, out[0].numel, 0.0f);
  if (out[0].numel == 0) return;
  parallel_for(p.n, 1, [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) {
      const CtcSequence sequence = ctc_sequence(target, input_lengths, target_lengths, int(n), p);
      const float* rows = alpha + n * p.t * p.states;  // [t,states]
      const float total = sequence.valid ? ctc_total(sequence, rows, p.states) : 0.0f;
      if (!sequence.valid || (p.zeroInfinity && total == -INFINITY)) continue;
      std::vector<float> beta(sequence.states), emitting(sequence.states);  // emitting: beta and the log-probability
      for (int t = sequence.steps - 1; t >= 0; t--) {
        const int64_t place = (int64_t(t) * p.n + n) * p.c;
        for (int state = 0; state < sequence.states; state++)
          beta[state] = ctc_beta(sequence, t + 1 < sequence.steps ? emitting.data() : nullptr, state);
        for (int state = 0; state < sequence.states; state++) {
          const int label = sequence.label(state);
          emitting[state] = beta[state] + log_probs[place + label];
          dlog_probs[place + label] -= dloss[n] * std::exp(rows[int64_t(t) * p.states + state] + beta[state] - total);
        }
      }
    }
  });
}

}  // namespace convolt::cpu
