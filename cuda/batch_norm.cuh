// The statistics of batch normalisation; batch_norm.cu has the algorithm.
#pragma once

#include "backend.h"
#include "moments.cuh"

namespace convolt::CONVOLT_BACKEND {

// What is computed of a batch [rows,c], and moved on by it where it is there.
struct BatchStatistics {
  float *mean, *invstd;                // [c]
  float *running_mean, *running_var;  // [c], or none
};

void batch_statistics(Context& ctx, const Buf& x, const BatchStatistics& found, const NormParams& p);

// The same from the moments [parts,c] of parts of the rows, merged in an order that the number of parts decides.
void merge_statistics(Context& ctx, const Moments* partials, int64_t parts, const BatchStatistics& found, const NormParams& p);

}  // namespace convolt::CONVOLT_BACKEND
