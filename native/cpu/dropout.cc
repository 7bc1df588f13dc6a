// Dropout (Srivastava et al., JMLR 2014), inverted: y = x * keep / (1 - p). The mask's bits are those of
// cuda/dropout.cu: element i takes word i % 4 of Philox block i / 4, counted from the state's counter.
#include "backend.h"

#include "parallel.h"

namespace convolt::cpu {
namespace {

struct PhiloxWords {
  uint32_t word[4];
};

// Philox 4x32-10 (Salmon et al., SC 2011).
PhiloxWords philox(uint64_t counter, uint32_t key0, uint32_t key1) {
  uint32_t c0 = uint32_t(counter), c1 = uint32_t(counter >> 32), c2 = 0, c3 = 0;
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = uint64_t(0xD2511F53u) * c0, product1 = uint64_t(0xCD9E8D57u) * c2;
    c0 = uint32_t(product1 >> 32) ^ c1 ^ key0;
    c1 = uint32_t(product1);
    c2 = uint32_t(product0 >> 32) ^ c3 ^ key1;
    c3 = uint32_t(product0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

float kept_scale(const DropoutParams& p) { return p.probability < 1 ? 1.0f / (1.0f - p.probability) : 0.0f; }

}  // namespace

void dropout_forward(Context&, Bufs in, Bufs out, const DropoutParams& p) {
  const float* x = in[0].as<float>();
  uint32_t* random = in[1].as<uint32_t>();  // [4] = seed low, seed high, counter low, counter high
  float* y = out[0].as<float>();
  uint8_t* mask = out[1].as<uint8_t>();
  const int64_t n = out[0].numel, groups = (n + 3) / 4;
  const uint64_t counter = uint64_t(random[3]) << 32 | random[2];
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
  random[2] = uint32_t(counter + groups);
  random[3] = uint32_t((counter + groups) >> 32);
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
