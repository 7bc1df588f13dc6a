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

  // What the channels of half a chunk need: of a whole one it would be more registers than the largest tile leaves.
  struct HalfAffine {
    float4 mean, scale, shift;
  };
  DEV HalfAffine half_affine(int first_channel) const {
    const float4 mean = four_of(values.mean, first_channel), invstd = four_of(values.invstd, first_channel);
    const float4 weight = values.weight ? four_of(values.weight, first_channel) : float4{1, 1, 1, 1};
    const float4 scale{weight.x * invstd.x, weight.y * invstd.y, weight.z * invstd.z, weight.w * invstd.w};
    return {mean, scale, values.bias ? four_of(values.bias, first_channel) : float4{0, 0, 0, 0}};
  }

  // Normalises half a chunk where it lies.
  DEV void normalize(unsigned char* half, const HalfAffine& affine) const {
    T elements[4];
    uint64_t bits = *reinterpret_cast<const uint64_t*>(half);
    static_assert(sizeof bits == sizeof elements, "elements are of 16 bits");
    memcpy(elements, &bits, sizeof bits);
    elements[0] = clipped((widen(elements[0]) - affine.mean.x) * affine.scale.x + affine.shift.x);
    elements[1] = clipped((widen(elements[1]) - affine.mean.y) * affine.scale.y + affine.shift.y);
    elements[2] = clipped((widen(elements[2]) - affine.mean.z) * affine.scale.z + affine.shift.z);
    elements[3] = clipped((widen(elements[3]) - affine.mean.w) * affine.scale.w + affine.shift.w);
    memcpy(&bits, elements, sizeof bits);
    *reinterpret_cast<uint64_t*>(half) = bits;
  }

 private:
  static DEV T clipped(float y) { return narrow<T>(y < 0 ? 0.0f : y); }  // keeps NaN
  static DEV float4 four_of(const float* values, int first) { return *reinterpret_cast<const float4*>(values + first); }
};

// May the values of whole chunks of channels be read at once?
inline bool aligned_to_chunks(const ChannelValues& values) {
  return aligned_to_chunks(values.mean) && aligned_to_chunks(values.invstd) && aligned_to_chunks(values.weight) && aligned_to_chunks(values.bias);
}

}  // namespace convolt::CONVOLT_BACKEND
