// Groups of a convolution taken together: filters of several groups as those of one, which are zero for the channels of the
// other groups.
#pragma once

#include "backend.h"
#include "element.h"
#include "grid.cuh"

namespace convolt::CONVOLT_BACKEND {

constexpr int kPackedChannels = 32;  // or filters, of a pack: the columns of the slim tile

// Channels and filters of a pack.
struct Pack {
  int groups, packs;
  int channels, filters;
};

// As many groups as fit, such that all packs have the same; a group that is larger is a pack of its own.
inline Pack pack_of(const ConvParams& p) {
  const int channels = p.c / p.groups, filters = p.k / p.groups, larger = channels > filters ? channels : filters;
  int groups = larger > 0 && larger < kPackedChannels ? kPackedChannels / larger : 1;
  while (p.groups % groups != 0) groups--;
  return {groups, p.groups / groups, channels * groups, filters * groups};
}

// Where element i of packed filters [k,taps,channels of a pack] is in w [k,taps,channels of a group]; negative: it is a zero.
DEV int64_t place_in_group(int64_t i, int taps, int channels, int filters, int groups) {
  const int c = int(i % (channels * groups)), filter = int(i / (channels * groups) / taps);
  const int64_t row = i / (channels * groups);
  return c / channels == filter / filters % groups ? row * channels + c % channels : -1;
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    pack_filters_kernel(const T* __restrict__ w, T* __restrict__ packed, int64_t all, int taps, int channels, int filters, int groups) {
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const int64_t place = place_in_group(i, taps, channels, filters, groups);
    packed[i] = place < 0 ? narrow<T>(0.0f) : w[place];
  }
}

template <class T>
__global__ void __launch_bounds__(kBlock)
    unpack_filters_kernel(const T* __restrict__ packed, T* __restrict__ w, int64_t all, int taps, int channels, int filters, int groups) {
  for (int64_t i = first_element(); i < all; i += grid_threads()) {
    const int64_t place = place_in_group(i, taps, channels, filters, groups);
    if (place >= 0) w[place] = packed[i];
  }
}

// w [k,taps,channels of a group] as [k,taps,channels of a pack].
template <class T>
const T* pack_filters(Context& ctx, const T* w, const ConvParams& p) {
  const Pack pack = pack_of(p);
  if (pack.groups == 1) return w;
  const int taps = p.t * p.r * p.s;
  const int64_t all = int64_t(p.k) * taps * pack.channels;
  T* packed = ctx.scratch_array<T>(all);
  launch(pack_filters_kernel<T>, blocks_for(all), kBlock, 0, ctx.stream, w, packed, all, taps, p.c / p.groups, p.k / p.groups, pack.groups);
  return packed;
}

// The reverse, without the zeros.
template <class T>
void unpack_filters(Context& ctx, const T* packed, T* w, const ConvParams& p) {
  const Pack pack = pack_of(p);
  const int taps = p.t * p.r * p.s;
  const int64_t all = int64_t(p.k) * taps * pack.channels;
  launch(unpack_filters_kernel<T>, blocks_for(all), kBlock, 0, ctx.stream, packed, w, all, taps, p.c / p.groups, p.k / p.groups, pack.groups);
}

}  // namespace convolt::CONVOLT_BACKEND
