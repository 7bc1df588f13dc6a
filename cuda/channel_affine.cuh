// What a normalisation does to the numbers of one channel.
#pragma once

#include "device/device.cuh"

namespace convolt {

// The statistics and factors of all channels; absent weights are 1, absent biases 0.
struct ChannelValues {
  const float *mean, *invstd;  // [images,groups]
  const float *weight, *bias;  // [channels]
};

// What one channel of one image needs: y = (x - mean) * scale + shift.
struct ChannelAffine {
  float mean, invstd, scale, shift;
  DEV float operator()(float x) const { return (x - mean) * scale + shift; }
};

DEV ChannelAffine affine_of(const ChannelValues& values, int64_t group, int64_t channel) {
  const float invstd = values.invstd[group];
  const float scale = values.weight ? values.weight[channel] * invstd : invstd;
  return {values.mean[group], invstd, scale, values.bias ? values.bias[channel] : 0.0f};
}

}  // namespace convolt
