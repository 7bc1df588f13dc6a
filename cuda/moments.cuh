// Mean and deviation of many values, in parts that are merged.
#pragma once

#include "device/device.cuh"

namespace convolt {

// Count, mean and sum of squared deviations of some values.
struct Moments {
  float count, mean, squares;

  static DEV Moments zero() { return {0.0f, 0.0f, 0.0f}; }

  DEV void merge(const Moments& other) {  // Chan, Golub and LeVeque, 1979
    if (other.count == 0) return;
    const float total = count + other.count, delta = other.mean - mean, share = other.count / total;
    mean += delta * share;
    squares += other.squares + delta * delta * (count * share);
    count = total;
  }
};

// The moments of V neighbouring columns in rows begin, begin + step, ... below end, which load(row, values) gives. Values are
// taken as distances from the first row, so that a mean of 1e4 deviations costs no precision, and some rows at a time, so that
// there is one division for all of them.
template <int V, class Row, class Load>
DEV void moments_of(Row begin, Row end, int step, const Load& load, Moments (&result)[V]) {
  constexpr int chunk = V > 4 ? 4 : 8;  // as many as there are registers for
  float first[V] = {};
  if (begin < end) load(begin, first);
  UNROLL for (int v = 0; v < V; v++) result[v] = Moments::zero();
  for (Row row = begin; row < end; row += chunk * step) {
    float distance[chunk][V] = {}, sum[V] = {};
    int count = 0;
    UNROLL
    for (int i = 0; i < chunk; i++) {
      if (row + i * step >= end) continue;
      load(row + i * step, distance[i]);
      UNROLL for (int v = 0; v < V; v++) sum[v] += distance[i][v] -= first[v];
      count++;
    }
    UNROLL
    for (int v = 0; v < V; v++) {
      const float mean = sum[v] / count;
      float squares = 0;
      UNROLL for (int i = 0; i < chunk; i++) squares += i < count ? (distance[i][v] - mean) * (distance[i][v] - mean) : 0.0f;
      result[v].merge({float(count), mean, squares});
    }
  }
  UNROLL for (int v = 0; v < V; v++) result[v].mean += first[v];
}

// The moments of value(begin), value(begin + step), ... below end.
template <class Row, class Value>
DEV Moments moments_of(Row begin, Row end, int step, const Value& value) {
  Moments result[1];
  moments_of(begin, end, step, [&](Row row, float(&to)[1]) { to[0] = value(row); }, result);
  return result[0];
}

}  // namespace convolt
