// Neighbouring elements that a thread moves as one, of 16 bytes: a warp then moves 512 bytes in a row, and enough bytes are on
// their way at any moment to keep memory busy, which single elements of 16 bits do not reach.
#pragma once

#include "device/device.cuh"
#include "element.h"

namespace convolt {

template <class T>
constexpr int kVector = 16 / int(sizeof(T));

template <class T, int V>
struct alignas(V * sizeof(T)) Vector {
  T element[V];
};

// Whether vectors of V elements can be read and written there, as views may begin anywhere. Absent tensors are no hindrance.
template <int V, class... T>
bool are_aligned(const T*... tensors) {
  return (... && (uintptr_t(tensors) % (V * sizeof(T)) == 0));
}

template <int V, class T>
DEV void load(const T* from, bool aligned, float (&to)[V]) {
  if (aligned) {
    const Vector<T, V> vector = *reinterpret_cast<const Vector<T, V>*>(from);
    UNROLL for (int v = 0; v < V; v++) to[v] = widen(vector.element[v]);
  } else {
    UNROLL for (int v = 0; v < V; v++) to[v] = widen(from[v]);
  }
}

template <int V, class T>
DEV void store(const float (&from)[V], bool aligned, T* to) {
  if (aligned) {
    Vector<T, V> vector;
    UNROLL for (int v = 0; v < V; v++) vector.element[v] = narrow<T>(from[v]);
    *reinterpret_cast<Vector<T, V>*>(to) = vector;
  } else {
    UNROLL for (int v = 0; v < V; v++) to[v] = narrow<T>(from[v]);
  }
}

}  // namespace convolt
