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

// The moments of value(begin), value(begin + step), ... below end. Values are taken as distances from the first, so that a mean
// of 1e4 deviations costs no precision, and eight at a time, so that there is one division for eight.
template <class Row, class Value>
DEV Moments moments_of(Row begin, Row end, int step, const Value& value) {
  constexpr int chunk = 8;
  const float first = begin < end ? value(begin) : 0.0f;
  Moments result = Moments::zero();
  for (Row row = begin; row < end; row += chunk * step) {
    float distance[chunk], sum = 0, squares = 0;
    int count = 0;
    UNROLL
    for (int i = 0; i < chunk; i++) {
      const bool inside = row + i * step < end;
      distance[i] = inside ? value(row + i * step) - first : 0.0f;
      sum += distance[i];
      count += inside;
    }
    const float mean = sum / count;
    UNROLL
    for (int i = 0; i < chunk; i++) squares += i < count ? (distance[i] - mean) * (distance[i] - mean) : 0.0f;
    result.merge({float(count), mean, squares});
  }
  result.mean += first;
  return result;
}

}  // namespace convolt
