// A row [classes] for each label, 1 at the label and 0 elsewhere. A label that is no class gives zeros.
#include "backend.h"

#include <algorithm>

namespace convolt::cpu {

void one_hot(Context&, Bufs in, Bufs out, const OneHotParams& p) {
  const int32_t* label = in[0].as<int32_t>();
  float* y = out[0].as<float>();
  std::fill_n(y, out[0].numel, 0.0f);
  for (int64_t row = 0; row < in[0].numel; row++)
    if (label[row] >= 0 && label[row] < p.classes) y[row * p.classes + label[row]] = 1;
}

}  // namespace convolt::cpu
