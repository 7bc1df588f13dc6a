// Dropout (Srivastava et al., JMLR 2014), inverted: y = x * keep / (1 - p). The mask's bits are those of
// cuda/dropout.cu: element i takes word i % 4 of Philox block i / 4, counted from the state's counter.
#include "backend.h"

#include "parallel.h"
#include "philox.h"

namespace convolt::cpu {
namespace {

float kept_scale(const DropoutParams& p) { return p.probability < 1 ? 1.0f / (1.0f - p.probability) : 0.0f; }

}  // namespace

void dropout_forward(Context&, Bufs in, Bufs out, const DropoutParams& p) {
  const float* x = in[0].as<float>();
  uint32_t* random = in[1].as<uint32_t>();  // [4] = seed low, seed high, counter low, counter high
  float* y = out[0].as<float>();
  uint8_t* mask = out[1].as<uint8_t>();
  const int64_t n = out[0].numel, groups = (n + 3) / 4;
  const uint64_t counter = counter_of(random);
  const float scale = kept_scale(p);
  parallel_for(groups, kElementGrain / 16, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++) {
      const PhiloxWords words = philox(counter + group, random[0], random[1]);
      for (int64_t i = group * 4; i < std::min(n, group * 4 + 4); i++) {
        const bool keep = float(words.word[i % 4] >> 8) * 0x1p-24f >= p.probability;
        mask[i] = keep;
        y[i] = keep ? x[i] * scale : 0.0f;
      }
    }
  });
  advance(random, groups);
}

void dropout_grad(Context&, Bufs in, Bufs out, const DropoutParams& p) {
  const float* dy = in[0].as<float>();
  const uint8_t* mask = in[1].as<uint8_t>();
  float* dx = out[0].as<float>();
  const float scale = kept_scale(p);
  parallel_for(out[0].numel, kElementGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) dx[i] = mask[i] ? dy[i] * scale : 0.0f;
  });
}

}  // namespace convolt::cpu
