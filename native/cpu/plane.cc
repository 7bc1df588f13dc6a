// Reading and writing images at positions in their planes: what pooling over any windows and unpooling do backwards.
// Positions outside the plane are 0, and take nothing. Scatters go through the positions in order.
#include "backend.h"

#include <algorithm>

#include "parallel.h"

namespace convolt::cpu {
namespace {

int64_t image_grain(const PlaneParams& p) { return 16384 / ((int64_t(p.inputs) + p.outputs) * p.c + 1) + 1; }

// Clears `target` [n,inputs,c] and calls put(place in it, place in [m,outputs,c]) for each position, images on all cores.
template <class Put>
void scatter(const PlaneParams& p, const int32_t* position, const int32_t* image, float* target, const Put& put) {
  const int64_t image_elements = int64_t(p.inputs) * p.c;
  parallel_for(p.n, image_grain(p), [&](int64_t begin, int64_t end) {
    std::fill(target + begin * image_elements, target + end * image_elements, 0.0f);
    for (int64_t m = image ? 0 : begin; m < (image ? p.m : std::min<int64_t>(end, p.m)); m++) {
      const int64_t n = image ? image[m] : m;
      if (n < begin || n >= end) continue;
      for (int64_t source = m * p.outputs * p.c, output = 0; output < p.outputs; output++)
        for (int c = 0; c < p.c; c++, source++) {
          const int64_t at = position[source];
          if (at >= 0 && at < p.inputs) put((n * p.inputs + at) * p.c + c, source);
        }
    }
  });
}

}  // namespace

void plane_gather(Context&, Bufs in, Bufs out, const PlaneParams& p) {
  if (out[0].numel == 0) return;
  const float* x = in[0].as<float>();
  const int32_t *position = in[1].as<int32_t>(), *image = in[2].as<int32_t>();
  float* y = out[0].as<float>();
  parallel_for(p.m, image_grain(p), [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; m++) {
      const int64_t n = image ? image[m] : m;
      const bool exists = n >= 0 && n < p.n;
      for (int64_t i = m * p.outputs * p.c, output = 0; output < p.outputs; output++)
        for (int c = 0; c < p.c; c++, i++) {
          const int64_t at = position[i];
          y[i] = exists && at >= 0 && at < p.inputs ? x[(n * p.inputs + at) * p.c + c] : 0.0f;
        }
    }
  });
}

void plane_scatter_add(Context&, Bufs in, Bufs out, const PlaneParams& p) {
  if (out[0].numel == 0) return;
  const float* dy = in[0].as<float>();
  float* dx = out[0].as<float>();
  scatter(p, in[1].as<int32_t>(), in[2].as<int32_t>(), dx, [&](int64_t target, int64_t source) { dx[target] += dy[source]; });
}

void plane_scatter(Context&, Bufs in, Bufs out, const PlaneParams& p) {
  if (out[0].numel == 0) return;
  const float* x = in[0].as<float>();
  float* y = out[0].as<float>();
  scatter(p, in[1].as<int32_t>(), nullptr, y, [&](int64_t target, int64_t source) { y[target] = x[source]; });
}

}  // namespace convolt::cpu
