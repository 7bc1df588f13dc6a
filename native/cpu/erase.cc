// Boxes of images filled with one value. A box is cut off at its image.
#include <algorithm>
#include <cstring>

#include "backend.h"
#include "parallel.h"

namespace convolt::cpu {

void erase(Context&, Bufs in, Bufs out, const EraseParams& p) {
  const uint8_t* x = in[0].as<uint8_t>();     // [n,h,w,c]
  const int32_t* boxes = in[1].as<int32_t>(); // [n,4] = top, left, bottom, right
  uint8_t* y = out[0].as<uint8_t>();          // [n,h,w,c]
  const int64_t row_bytes = int64_t(p.w) * p.c, size = row_bytes * p.h;
  parallel_for(p.n, std::max<int64_t>(1, 65536 / std::max<int64_t>(1, size)), [=](int64_t begin, int64_t end) {
    memcpy(y + begin * size, x + begin * size, (end - begin) * size);
    for (int64_t n = begin; n < end; n++) {
      const int32_t* box = boxes + n * 4;
      const int left = std::clamp(box[1], 0, p.w), right = std::clamp(box[3], left, p.w);
      for (int row = std::clamp(box[0], 0, p.h); row < std::min(box[2], p.h); row++)
        memset(y + n * size + row * row_bytes + int64_t(left) * p.c, p.fill, int64_t(right - left) * p.c);
    }
  });
}

}  // namespace convolt::cpu
