// The statistics of batch normalisation.
#pragma once

#include "backend.h"

namespace convolt::cpu {

// What is computed of a batch [rows,c], and moved on by it where it is there.
struct BatchStatistics {
  float *mean, *invstd;                // [c]
  float *running_mean, *running_var;  // [c], or none
};

void batch_statistics(const float* x, const BatchStatistics& found, const NormParams& p);

}  // namespace convolt::cpu
