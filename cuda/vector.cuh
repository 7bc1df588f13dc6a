// Neighbouring elements that a thread moves as one, of 16 bytes: a warp then moves 512 bytes in a row, and enough bytes are on
// their way at any moment to keep memory busy, which single elements of 16 bits do not reach.
#pragma once

#include <algorithm>
#include <type_traits>

#include "device/device.cuh"
#include "element.h"
#include "grid.cuh"

namespace convolt {

// As many as 16 bytes of the largest of some types have.
template <class... T>
constexpr int kVector = 16 / int(std::max({sizeof(T)...}));

template <class T, int V>
struct alignas(V * sizeof(T)) Vector {
  T element[V];
};

// Whether vectors of V elements can be read and written there, as views may begin anywhere. Absent tensors are no hindrance.
template <int V, class... T>
bool are_aligned(const T*... tensors) {
  return (... && (uintptr_t(tensors) % (V * sizeof(T)) == 0));
}

// Calls body(V, aligned) with the elements of a vector, a constant, if `channels` is a multiple of that, or else with 1.
template <class T, class Body>
void with_vector(int64_t channels, bool aligned, const Body& body) {
  if (channels % kVector<T> == 0) body(std::integral_constant<int, kVector<T>>(), aligned);
  else body(std::integral_constant<int, 1>(), true);
}

template <int V>
unsigned blocks_for_vectors(int64_t n, bool aligned) {
  return blocks_for(aligned ? (n + V - 1) / V : n);
}

// Calls body(i, width) for each V elements of n from i on, with V as a constant, and for each one that is left over, with 1.
// Where `aligned` is false they are all left over. The grid has blocks_for_vectors<V>(n, aligned).
template <int V, class Body>
DEV void for_vectors(int64_t n, bool aligned, const Body& body) {
  const int64_t vectors = aligned ? n / V : 0;
  for (int64_t i = first_element(); i < vectors; i += grid_threads()) body(i * V, std::integral_constant<int, V>());
  for (int64_t i = vectors * V + first_element(); i < n; i += grid_threads()) body(i, std::integral_constant<int, 1>());
}

template <int V, class T>
DEV Vector<T, V> read(const T* from, bool aligned) {
  if (aligned) return *reinterpret_cast<const Vector<T, V>*>(from);
  Vector<T, V> vector;
  UNROLL for (int v = 0; v < V; v++) vector.element[v] = from[v];
  return vector;
}

// V neighbours of a tensor, or where its step is 0 V times the same element.
template <int V, class T>
DEV Vector<T, V> read_steps(const T* from, int step) {
  if (step == 1) return read<V>(from, true);
  Vector<T, V> vector;
  UNROLL for (int v = 0; v < V; v++) vector.element[v] = *from;
  return vector;
}

template <int V, class T>
DEV void write(const Vector<T, V>& vector, bool aligned, T* to) {
  if (aligned) {
    *reinterpret_cast<Vector<T, V>*>(to) = vector;
  } else {
    UNROLL for (int v = 0; v < V; v++) to[v] = vector.element[v];
  }
}

// The same with numbers in float32.
template <int V, class T>
DEV void load(const T* from, bool aligned, float (&to)[V]) {
  const Vector<T, V> vector = read<V>(from, aligned);
  UNROLL for (int v = 0; v < V; v++) to[v] = widen(vector.element[v]);
}

template <int V, class T>
DEV void store(const float (&from)[V], bool aligned, T* to) {
  Vector<T, V> vector;
  UNROLL for (int v = 0; v < V; v++) vector.element[v] = narrow<T>(from[v]);
  write(vector, aligned, to);
}

}  // namespace convolt
