// Connectionist temporal classification (Graves et al., ICML 2006): the loss of sequences of log-probabilities with labels
// whose places are not known, and its gradient.
//
// Algorithm  one block a sequence; its threads share the states, and go through the steps with a barrier between. Forward
//            alpha[t,state] = log of the probability of all paths in the state at step t, from alpha of up to three states
//            of the step before; loss = -log of the sum over the last two states at the last step. Gradient: beta, the same
//            from behind, row by row; the state is occupied with probability exp(alpha + beta + loss), and dlogProbs is
//            -dloss times the sum over the states of a class, by one thread for each class, in the order of the states.
//            Lengths and labels out of bounds give NaN and no gradient; with zeroInfinity an impossible sequence gives 0.
// Shapes     logProbs, dlogProbs [t,n,c]; target [n,s]; lengths, loss, dloss [n]; alpha [n,t,states], states = 2 s + 1.
// Bytes      forward 8 a state and step; gradient 12 a state and step, and 4 a log-probability.
// Bound by   the latency of the steps.
#include "backend.h"
#include "ctc_sequence.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

__global__ void __launch_bounds__(kBlock)
    ctc_forward_kernel(const float* __restrict__ log_probs, const int* __restrict__ target, const int* __restrict__ input_lengths,
                       const int* __restrict__ target_lengths, float* __restrict__ loss, float* alpha, CtcParams p) {
  const int n = blockIdx.x;
  const CtcSequence sequence = ctc_sequence(target, input_lengths, target_lengths, n, p);
  float* rows = alpha + int64_t(n) * p.t * p.states;  // [t,states]
  for (int t = 0; t < sequence.steps; t++) {
    float* row = rows + int64_t(t) * p.states;
    const float* emitted = log_probs + (int64_t(t) * p.n + n) * p.c;  // [c]
    for (int state = threadIdx.x; state < sequence.states; state += kBlock)
      row[state] = ctc_alpha(sequence, t > 0 ? row - p.states : nullptr, state, emitted[sequence.label(state)]);
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    const float total = ctc_total(sequence, rows, p.states);
    loss[n] = !sequence.valid ? NAN : p.zeroInfinity && total == -INFINITY ? 0.0f : -total;
  }
}

__global__ void __launch_bounds__(kBlock, 5)  // without the 5, ptxas gives 40 registers and spills
    ctc_grad_kernel(const float* __restrict__ log_probs, const int* __restrict__ target, const int* __restrict__ input_lengths,
                    const int* __restrict__ target_lengths, const float* __restrict__ alpha, const float* __restrict__ dloss,
                    float* __restrict__ dlog_probs, float* scratch, CtcParams p) {
  const int n = blockIdx.x;
  const CtcSequence sequence = ctc_sequence(target, input_lengths, target_lengths, n, p);
  const float* rows = alpha + int64_t(n) * p.t * p.states;  // [t,states]
  float* emitting = scratch + int64_t(n) * 2 * p.states;    // [states]: beta and the log-probability, of the step behind
  float* occupied = emitting + p.states;                    // [states]: beta, then the probability of being in the state
  const float total = sequence.valid ? ctc_total(sequence, rows, p.states) : 0.0f;
  const bool counts = sequence.valid && !(p.zeroInfinity && total == -INFINITY);
  for (int t = p.t - 1; t >= 0; t--) {
    const int64_t place = (int64_t(t) * p.n + n) * p.c;
    const bool inside = counts && t < sequence.steps;
    if (inside) {
      for (int state = threadIdx.x; state < sequence.states; state += kBlock)
        occupied[state] = ctc_beta(sequence, t + 1 < sequence.steps ? emitting : nullptr, state);
      __syncthreads();
      for (int state = threadIdx.x; state < sequence.states; state += kBlock) {
        const float beta = occupied[state];
        emitting[state] = beta + log_probs[place + sequence.label(state)];
        occupied[state] = expf(rows[int64_t(t) * p.states + state] + beta - total);
      }
      __syncthreads();
    }
    for (int c = threadIdx.x; c < p.c; c += kBlock) {
      float sum = 0;
      for (int state = 0; inside && state < sequence.states; state++)
        if (sequence.label(state) == c) sum += occupied[state];
      dlog_probs[place + c] = inside ? -dloss[n] * sum : 0.0f;
    }
    __syncthreads();
  }
}

}  // namespace

void ctc_forward(Context& ctx, Bufs in, Bufs out, const CtcParams& p) {
  if (p.n == 0) return;
  launch(ctc_forward_kernel, unsigned(p.n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(), in[2].as<int>(), in[3].as<int>(),
         out[0].as<float>(), out[1].as<float>(), p);
}

void ctc_grad(Context& ctx, Bufs in, Bufs out, const CtcParams& p) {
  if (out[0].numel == 0) return;
  auto* scratch = ctx.scratch_array<float>(int64_t(p.n) * 2 * p.states);
  launch(ctc_grad_kernel, unsigned(p.n), kBlock, 0, ctx.stream, in[0].as<float>(), in[1].as<int>(), in[2].as<int>(), in[3].as<int>(),
         in[4].as<float>(), in[5].as<float>(), out[0].as<float>(), scratch, p);
}

}  // namespace convolt::CONVOLT_BACKEND
