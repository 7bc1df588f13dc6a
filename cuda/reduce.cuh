// Reductions of the middle axis of x [outer,size,inner] to one result for each of [outer,inner].
//
// Algorithm  a block of 256 threads is tx wide along inner, ty along size and tz along outer, as the extents want it, so
//            that neighbours read neighbours: 256 along one long row, 32 x 8 for columns, a few threads a row for short
//            ones. Each thread takes in every ty-th element of its part of the axis; the ty values are merged by
//            halves in shared memory. A long axis is cut into parts, which a second run of the same kernel merges. All
//            depends on the shape alone, so results repeat.
// Bytes      the elements of x, once.
// Bound by   memory; launch for small ones.
//
// A Partial is a plain struct with zero(), add(value, place on the axis) and merge(partial from further on).
#pragma once

#include "abi.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

struct SumPartial {
  float value;
  static DEV SumPartial zero() { return {0.0f}; }
  DEV void add(float x, int) { value += x; }
  DEV void merge(const SumPartial& other) { value += other.value; }
};

// The largest (or smallest) element and its place, of equals the first; NaN counts as largest (smallest).
template <bool largest>
struct Extreme {
  float value;
  int place;
  static DEV Extreme zero() { return {largest ? -INFINITY : INFINITY, INT32_MAX}; }
  DEV void add(float x, int at) { merge({x, at}); }
  DEV void merge(const Extreme& other) {
    const bool beats = largest ? other.value > value : other.value < value;
    const bool equal = other.value == value || (isnan(other.value) && isnan(value));
    if (beats || (isnan(other.value) && !isnan(value)) || (equal && other.place < place)) *this = other;
  }
};

// What is done to an element before it is taken in; `result` is the number of its result.
struct Unchanged {
  DEV float operator()(float x, int64_t) const { return x; }
};

// Elements of x, mapped.
template <class T, class Map>
struct Elements {
  const T* x;
  Map map;
  template <class Partial>
  DEV void take_in(Partial& partial, int64_t offset, int64_t place, int64_t result) const {
    partial.add(map(widen(x[offset]), result), int(place));
  }
};

// The parts of an earlier run.
template <class Partial>
struct Partials {
  Partial* partials;  // [outer,parts,inner]
  DEV void take_in(Partial& partial, int64_t offset, int64_t, int64_t) const { partial.merge(partials[offset]); }
};

// Keeps a part for a later run.
template <class Partial>
struct KeepPartial {
  Partial* partials;  // [outer,parts,inner]
  DEV void operator()(int64_t result, const Partial& partial) const { partials[result] = partial; }
};

struct ReducePlan {
  int64_t outer, size, inner;
  int tx, ty, tz;        // powers of two with product kBlock
  int64_t parts, part;   // how many parts size is cut into, and how long they are
  int64_t column_blocks, outer_blocks;
};

inline int power_of_two(int64_t least, int most) {
  int power = 1;
  while (power < least && power < most) power *= 2;
  return power;
}

inline ReducePlan plan_reduction(int64_t outer, int64_t size, int64_t inner, bool may_cut) {
  constexpr int64_t least_each = 4, enough_each = 16, most_each = 256, enough_blocks = 1024;
  ReducePlan plan{outer, size, inner, 1, 1, 1, 1, size, 0, 0};
  plan.tx = power_of_two(inner, 32);
  plan.ty = power_of_two((size + least_each - 1) / least_each, kBlock / plan.tx);
  plan.tz = kBlock / plan.tx / plan.ty;
  plan.column_blocks = (inner + plan.tx - 1) / plan.tx;
  plan.outer_blocks = (outer + plan.tz - 1) / plan.tz;
  if (!may_cut || size == 0) return plan;
  const int64_t blocks = plan.column_blocks * plan.outer_blocks;
  const int64_t wanted = (enough_blocks + blocks - 1) / blocks, most = (size + plan.ty * enough_each - 1) / (plan.ty * enough_each);
  const int64_t least = (size + plan.ty * most_each - 1) / (plan.ty * most_each);
  plan.parts = wanted < most ? wanted : most;
  if (plan.parts < least) plan.parts = least;
  plan.part = (size + plan.parts - 1) / plan.parts;
  return plan;
}

// Block (outer block * parts + part) * column blocks + column block. Results are numbered [outer,parts,inner].
template <class Partial, class Source, class Finish>
__global__ void __launch_bounds__(kBlock, 6)  // without the 6, ptxas gives 32 registers and spills
    reduce_kernel(Source source, Finish finish, ReducePlan p) {
  SHARED_ARRAY(Partial, of_thread, [kBlock]);
  const int thread = threadIdx.x;
  const int y = thread / p.tx % p.ty;
  const int64_t block = blockIdx.x, part = block / p.column_blocks % p.parts;
  const int64_t column = block % p.column_blocks * p.tx + thread % p.tx;
  const int64_t row = block / p.column_blocks / p.parts * p.tz + thread / (p.tx * p.ty);
  const int64_t begin = part * p.part, end = begin + p.part < p.size ? begin + p.part : p.size;
  const bool inside = row < p.outer && column < p.inner;

  Partial mine = Partial::zero();
  if (inside)
    for (int64_t place = begin + y; place < end; place += p.ty)
      source.take_in(mine, (row * p.size + place) * p.inner + column, place, row * p.inner + column);
  for (int half = p.ty / 2; half > 0; half /= 2) {
    of_thread[thread] = mine;
    __syncthreads();
    if (y < half) mine.merge(of_thread[thread + half * p.tx]);
    __syncthreads();
  }
  if (inside && y == 0) finish((row * p.parts + part) * p.inner + column, mine);
}

template <class Partial, class Source, class Finish>
void launch_reduction(Context& ctx, const Source& source, const Finish& finish, const ReducePlan& plan) {
  const unsigned blocks = unsigned(plan.outer_blocks * plan.parts * plan.column_blocks);
  launch(reduce_kernel<Partial, Source, Finish>, blocks, kBlock, 0, ctx.stream, source, finish, plan);
}

// finish(number of the result [outer,inner], partial) writes what an axis' elements, mapped, come to.
template <class Partial, class T, class Map, class Finish, class Params>
void reduce(Context& ctx, const T* x, const Params& p, const Map& map, const Finish& finish) {
  if (p.outer == 0 || p.inner == 0) return;
  const Elements<T, Map> elements{x, map};
  const ReducePlan plan = plan_reduction(p.outer, p.size, p.inner, true);
  if (plan.parts == 1) return launch_reduction<Partial>(ctx, elements, finish, plan);
  Partial* partials = ctx.scratch_array<Partial>(plan.outer * plan.parts * plan.inner);
  launch_reduction<Partial>(ctx, elements, KeepPartial<Partial>{partials}, plan);
  launch_reduction<Partial>(ctx, Partials<Partial>{partials}, finish, plan_reduction(plan.outer, plan.parts, plan.inner, false));
}

}  // namespace convolt::CONVOLT_BACKEND
