// One step of an optimiser over flat buffers, of which all elements are treated alike.
//
// An optimiser is a rule: a struct that is called with an element of the parameters, that of the gradient and those of the
// state, which it changes, and returns the parameter's next value:
//
//     struct Momentum {
//       float rate, momentum;
//       DEV float operator()(float param, float grad, float& velocity) const {
//         velocity = momentum * velocity + grad;
//         return param - rate * velocity;
//       }
//     };
//     step_by(ctx, Momentum{0.1f, 0.9f}, {.param = in[0], .grad = in[1], .half = in[3]}, in[2].as<float>());
//
// Four elements a thread, each buffer's read and written as one: 16 bytes of float32, 8 of the copy in 16 bits. State that is
// absent reads as 0 and is not written.
#pragma once

#include "backend.h"
#include "vector.cuh"

namespace convolt::CONVOLT_BACKEND {

constexpr int kStepped = kVector<float>;  // elements of a thread

struct Stepped {
  Buf param, grad;
  Buf half;  // bf16 or f16, the parameters rounded for the next forward pass; may be absent
};

// V elements of state.
template <int V>
struct State {
  float* at;  // nullptr if there is none
  Vector<float, V> values;

  DEV State(float* buffer, int64_t i) : at(buffer ? buffer + i : nullptr), values{} {
    if (at) values = read<V>(at, true);
  }
  DEV void keep() const {
    if (at) write(values, true, at);
  }
};

template <int V, class Rule, class Half, class... States>
DEV void step_elements(const Rule& rule, float* param, const float* grad, Half* half, States... state) {
  Vector<float, V> value = read<V>(param, true);
  const Vector<float, V> gradient = read<V>(grad, true);
  UNROLL for (int v = 0; v < V; v++) value.element[v] = rule(value.element[v], gradient.element[v], state.values.element[v]...);
  write(value, true, param);
  (state.keep(), ...);
  if (half) store(value.element, true, half);
}

// The rule for elements from i on. One that differs from layer to layer says what it is by at(i), which holds for kStepped.
template <class Rule>
DEV auto rule_at(const Rule& rule, int64_t i) {
  if constexpr (requires { rule.at(i); }) return rule.at(i);
  else return rule;
}

template <class Rule, class Half, class... Floats>
__global__ void __launch_bounds__(kBlock)
    step_kernel(Rule rule, float* param, const float* grad, Half* half, int64_t n, bool aligned, Floats*... state) {
  for_vectors<kStepped>(n, aligned, [&](int64_t i, auto width) {
    constexpr int V = decltype(width)::value;
    step_elements<V>(rule_at(rule, i), param + i, grad + i, half ? half + i : nullptr, State<V>(state, i)...);
  });
}

// Starts the kernel: one launch over all elements. State are buffers as long as the parameters, or nullptr.
template <class Rule, class... Floats>
void step_by(Context& ctx, const Rule& rule, const Stepped& stepped, Floats*... state) {
  const int64_t n = stepped.param.numel;
  if (n == 0) return;
  auto start = [&]<class Half>(Half* half) {
    auto *param = stepped.param.as<float>(), *grad = stepped.grad.as<float>();
    const bool aligned = are_aligned<kStepped>(param, grad, half, state...);
    launch(step_kernel<Rule, Half, Floats...>, blocks_for_vectors<kStepped>(n, aligned), kBlock, 0, ctx.stream, rule, param, grad, half, n,
           aligned, state...);
  };
  if (stepped.half.data && stepped.half.dtype == DType::f16) start(stepped.half.as<f16>());
  else start(stepped.half.as<bf16>());
}

template <class Count>
__global__ void count_kernel(Count* step) {
  *step += 1;
}

// step[1] += 1.
inline void count_step(Context& ctx, const Buf& step) { launch(count_kernel<int>, 1, 1, 0, ctx.stream, step.as<int>()); }

}  // namespace convolt::CONVOLT_BACKEND
