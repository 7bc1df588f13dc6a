// Non-maximum suppression: from the first of `order` on, a box is kept unless an earlier kept one of its group overlaps it.
#include <algorithm>

#include "backend.h"
#include "box_overlap.h"
#include "parallel.h"

namespace convolt::cpu {

void nms(Context&, Bufs in, Bufs out, const NmsParams& p) {
  const float* boxes = in[0].as<float>();                                            // [n,4]
  const int32_t *order = in[1].as<int32_t>(), *group = in[2].as<int32_t>();  // [n]
  uint8_t* keep = out[0].as<uint8_t>();                                              // [n]
  std::fill_n(keep, p.n, uint8_t(1));
  for (int64_t first = 0; first < p.n; first++) {
    if (!keep[first]) continue;
    parallel_for(p.n - first - 1, kElementGrain, [=](int64_t begin, int64_t end) {
      for (int64_t second = first + 1 + begin; second < first + 1 + end; second++)
        if (keep[second] && overlap(boxes, group, order[first], order[second], p)) keep[second] = 0;
    });
  }
}

}  // namespace convolt::cpu
