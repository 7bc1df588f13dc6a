// An operand of a product whose elements are normalised on their way, max((x - mean) * invstd * weight + bias, 0), as
// batch_norm.cu writes them: so nobody has to. Zeros around an image stay zeros.
#pragma once

#include "channel_affine.cuh"
#include "divisor.cuh"
#include "mma/matrix.cuh"

namespace convolt::CONVOLT_BACKEND {

// Operand: one of the windows of an image, whose `first` is its first channel.
template <class Operand>
struct Normalized : Operand {
  using T = typename Operand::Element;

  ChannelValues values;
  Divisor channels;

  // Of the taps*channels of a window.
  DEV int channel(int index) const {
    channels.divide(index);
    return int(this->first) + index;
  }

  DEV T normalized(T x, int channel) const { return clipped(affine_of(values, channel, channel)(widen(x))); }

  // What the channels of a chunk need.
  struct ChunkAffine {
    float mean[kChunk<T>], scale[kChunk<T>], shift[kChunk<T>];
  };
  DEV ChunkAffine chunk_affine(int first_channel) const {
    ChunkAffine found;
    load(found.mean, values.mean + first_channel);
    load(found.scale, values.invstd + first_channel);
    if (values.weight) {
      float weight[kChunk<T>];
      load(weight, values.weight + first_channel);
      UNROLL
      for (int e = 0; e < kChunk<T>; e++) found.scale[e] *= weight[e];
    }
    if (values.bias) load(found.shift, values.bias + first_channel);
    else fill_zeros(found.shift);
    return found;
  }

  // Normalises a chunk where it lies.
  DEV void normalize(unsigned char* chunk, const ChunkAffine& affine) const {
    T elements[kChunk<T>];
    uint4 bits = *reinterpret_cast<const uint4*>(chunk);
    memcpy(elements, &bits, sizeof bits);
    UNROLL
    for (int e = 0; e < kChunk<T>; e++) elements[e] = clipped((widen(elements[e]) - affine.mean[e]) * affine.scale[e] + affine.shift[e]);
    memcpy(&bits, elements, sizeof bits);
    *reinterpret_cast<uint4*>(chunk) = bits;
  }

 private:
  static DEV T clipped(float y) { return narrow<T>(y < 0 ? 0.0f : y); }  // keeps NaN

  static DEV void load(float (&to)[kChunk<T>], const float* from) {
    UNROLL
    for (int i = 0; i < kChunk<T> / 4; i++) {
      const float4 four = reinterpret_cast<const float4*>(from)[i];
      to[4 * i] = four.x, to[4 * i + 1] = four.y, to[4 * i + 2] = four.z, to[4 * i + 3] = four.w;
    }
  }
  static DEV void fill_zeros(float (&to)[kChunk<T>]) {
    UNROLL
    for (float& value : to) value = 0;
  }
};

// May the values of whole chunks of channels be read at once?
inline bool aligned_to_chunks(const ChannelValues& values) {
  return aligned_to_chunks(values.mean) && aligned_to_chunks(values.invstd) && aligned_to_chunks(values.weight) && aligned_to_chunks(values.bias);
}

}  // namespace convolt::CONVOLT_BACKEND
