// Images mixed with the one before them in the batch, the first with the last: as a sum (mixup) or a box (cutmix).
#include <algorithm>
#include <cstring>

#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {
namespace {

VECTORIZED void mix_row(const float* own, const float* other, float share, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = share * own[i] + (1 - share) * other[i];
}

int64_t before(int64_t image, int64_t images) { return image > 0 ? image - 1 : images - 1; }

}  // namespace

void mixup(Context&, Bufs in, Bufs out, const MixupParams& p) {
  const float *x = in[0].as<float>(), *share = in[1].as<float>();  // [n,size], [n]
  float* y = out[0].as<float>();                                   // [n,size]
  const int64_t size = p.size;
  parallel_for(p.n, std::max<int64_t>(1, kElementGrain / std::max<int64_t>(1, size)), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) mix_row(x + n * size, x + before(n, p.n) * size, share[n], y + n * size, size);
  });
}

void cutmix(Context&, Bufs in, Bufs out, const CutmixParams& p) {
  const char* x = in[0].as<char>();            // [n,h,w,c] of any type
  const int32_t* boxes = in[1].as<int32_t>();  // [n,4] = top, left, bottom, right
  char* y = out[0].as<char>();                 // [n,h,w,c]
  const int64_t pixel_bytes = int64_t(p.c) * int64_t(bytes_of(in[0].dtype)), row_bytes = p.w * pixel_bytes, size = p.h * row_bytes;
  parallel_for(p.n, std::max<int64_t>(1, 65536 / std::max<int64_t>(1, size)), [&](int64_t begin, int64_t end) {
    memcpy(y + begin * size, x + begin * size, (end - begin) * size);
    for (int64_t n = begin; n < end; n++) {
      const int32_t* box = boxes + n * 4;
      const int left = std::clamp(box[1], 0, p.w), right = std::clamp(box[3], left, p.w);
      for (int row = std::clamp(box[0], 0, p.h); row < std::min(box[2], p.h); row++) {
        const int64_t at = row * row_bytes + left * pixel_bytes;
        memcpy(y + n * size + at, x + before(n, p.n) * size + at, (right - left) * pixel_bytes);
      }
    }
  });
}

}  // namespace convolt::cpu
