// Which pixels real-valued positions read, with what weights (taps.h); and the positions' gradient.
#include "taps.h"

#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {

constexpr int64_t kPositionGrain = 1024;

void taps(Context&, Bufs in, Bufs out, const TapsParams& p) {
  const float* position = in[0].as<float>();  // [n,m,axes]
  float* weight = out[0].as<float>();         // [n,m,t]
  int32_t* index = out[1].as<int32_t>();      // [n,m,t]
  with_taps(p, [&](auto axes, auto count) {
    parallel_for(int64_t(p.n) * p.m, kPositionGrain, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        for_taps<axes, count>(position + i * axes, i / p.m, i % p.m, p, [=](int t, int32_t row, float share, const float*) {
          weight[i * p.t + t] = share;
          index[i * p.t + t] = row;
        });
    });
  });
}

void taps_grad(Context&, Bufs in, Bufs out, const TapsParams& p) {
  const float *position = in[0].as<float>(), *dweight = in[1].as<float>();  // [n,m,axes], [n,m,t]
  float* dposition = out[0].as<float>();                                    // [n,m,axes]
  with_taps(p, [&](auto axes, auto count) {
    parallel_for(int64_t(p.n) * p.m, kPositionGrain, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        float sum[axes] = {};
        for_taps<axes, count>(position + i * axes, i / p.m, i % p.m, p, [&](int t, int32_t row, float, const float* slope) {
          if (row < 0) return;
          for (int axis = 0; axis < axes; axis++) sum[axis] += slope[axis] * dweight[i * p.t + t];
        });
        for (int axis = 0; axis < axes; axis++) dposition[i * axes + axis] = sum[axis];
      }
    });
  });
}

}  // namespace convolt::cpu
