// Blocks of channels in vector registers, for loops with conditions, which the compiler leaves scalar. A vector is the
// compiler's own type: arithmetic, comparisons and `mask ? a : b` go lane by lane.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace convolt::cpu {

// A vector of at most 16 bytes of floats: what every machine has. Wider ones would be taken apart before the compiler
// makes the versions of a VECTORIZED function.
template <class T, int lanes>
struct LanesOf {
  typedef T type __attribute__((vector_size(sizeof(T) * lanes)));
};
template <class T, int lanes>
using Lanes = typename LanesOf<T, lanes>::type;

// The shape of a block of channels: `count` vectors of `lanes` each.
template <int lanes_, int count_>
struct BlockShape {
  static constexpr int lanes = lanes_, count = count_;
  using Floats = Lanes<float, lanes>;
  using Ints = Lanes<int32_t, lanes>;
  using Bytes = Lanes<uint8_t, lanes>;
};

// The vector at a place in memory.
template <class Vector, class T>
[[gnu::always_inline]] inline void load(Vector& vector, const T* from) {
  memcpy(&vector, from, sizeof vector);
}

template <class Vector, class T>
[[gnu::always_inline]] inline void store(const Vector& vector, T* to) {
  memcpy(to, &vector, sizeof vector);
}

// Which of at most 16 bytes are equal to one: for each a mask of 32 bits, all ones or all zeros. The compiler's own way
// from bytes to masks would be one by one.
template <int bytes>
[[gnu::always_inline]] inline void masks_of(const uint8_t* from, uint8_t byte, Lanes<int32_t, 4> (&masks)[4]) {
  using Bytes = Lanes<uint8_t, 16>;
  constexpr Bytes low = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23}, high = low + 8;
  Bytes given = {};
  memcpy(&given, from, bytes);
  const Bytes equal = Bytes(given == byte);
  const Bytes front = __builtin_shuffle(equal, equal, low), back = __builtin_shuffle(equal, equal, high);  // each twice
  using Pairs = Lanes<uint16_t, 8>;
  constexpr Pairs low_pairs = {0, 8, 1, 9, 2, 10, 3, 11}, high_pairs = low_pairs + 4;
  masks[0] = Lanes<int32_t, 4>(__builtin_shuffle(Pairs(front), Pairs(front), low_pairs));
  masks[1] = Lanes<int32_t, 4>(__builtin_shuffle(Pairs(front), Pairs(front), high_pairs));
  masks[2] = Lanes<int32_t, 4>(__builtin_shuffle(Pairs(back), Pairs(back), low_pairs));
  masks[3] = Lanes<int32_t, 4>(__builtin_shuffle(Pairs(back), Pairs(back), high_pairs));
}

// Calls body(constant) with an n of 1 to `most` as a constant, for loops that the compiler shall write out.
template <int most, class Body>
[[gnu::always_inline]] inline void with_constant(int n, const Body& body) {
  if constexpr (most > 1) {
    if (n < most) return with_constant<most - 1>(n, body);
  }
  body(std::integral_constant<int, most>());
}

constexpr int kMostReach = 3;  // numbers behind the channels

// Calls body(shape, c) for blocks of 16, 8, 4, 2 and 1 channels from c on, which make up all. If they may reach up to
// kMostReach numbers further, vectors of 2 and of 1 are made whole.
template <class Body>
[[gnu::always_inline]] inline void for_channel_blocks(int channels, bool may_reach, const Body& body) {
  if (may_reach) channels += kMostReach & -channels;
  int c = 0;
  for (; c + 16 <= channels; c += 16) body(BlockShape<4, 4>(), c);
  if (channels & 8) body(BlockShape<4, 2>(), c), c += 8;
  if (channels & 4) body(BlockShape<4, 1>(), c), c += 4;
  if (channels & 2) body(BlockShape<2, 1>(), c), c += 2;
  if (channels & 1) body(BlockShape<1, 1>(), c);
}

template <class Body>
[[gnu::always_inline]] inline void for_channel_blocks(int channels, const Body& body) {
  for_channel_blocks(channels, false, body);
}

}  // namespace convolt::cpu
