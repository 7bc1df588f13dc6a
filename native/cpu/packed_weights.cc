#include "packed_weights.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

namespace convolt::cpu {
namespace {

constexpr size_t kMostBytes = size_t(1) << 30;  // packed, in total: the networks in use have less

struct Free {
  void operator()(void* block) const { std::free(block); }
};

struct Packed {
  std::string layout;
  std::unique_ptr<void, Free> data;  // nullptr: seen once
  size_t bytes;
};

struct Weights {
  size_t bytes;  // of the plain ones
  std::vector<Packed> forms;
};

class PackedWeights {
 public:
  PackedPlace place(const void* plain, size_t bytes, const std::string& layout, size_t packed_bytes) {
    Weights& weights = known_[static_cast<const char*>(plain)];
    weights.bytes = std::max(weights.bytes, bytes);
    longest_ = std::max(longest_, bytes);
    for (Packed& form : weights.forms) {
      if (form.layout != layout) continue;
      if (form.data) return {form.data.get(), true};
      if (total_ + packed_bytes > kMostBytes) return {nullptr, false};
      constexpr size_t line = 64;
      form.data.reset(std::aligned_alloc(line, (packed_bytes + line - 1) / line * line));
      if (form.data) total_ += form.bytes = packed_bytes;
      return {form.data.get(), false};
    }
    weights.forms.push_back({layout, nullptr, 0});
    return {nullptr, false};
  }

  void note_write(const char* begin, size_t bytes) {
    if (known_.empty()) return;
    auto at = known_.lower_bound(begin - std::min(longest_, reinterpret_cast<size_t>(begin)));
    while (at != known_.end() && at->first < begin + bytes) {
      if (at->first + at->second.bytes <= begin) {
        ++at;
        continue;
      }
      for (const Packed& form : at->second.forms) total_ -= form.bytes;
      at = known_.erase(at);
    }
  }

  void drop() {
    known_.clear();
    longest_ = total_ = 0;
  }

 private:
  std::map<const char*, Weights> known_;  // by where they begin
  size_t longest_ = 0;                    // of plain weights
  size_t total_ = 0;                      // packed
};

PackedWeights& packed_weights() {
  static thread_local PackedWeights all;
  return all;
}

}  // namespace

PackedPlace packed_place(const void* plain, size_t bytes, const std::string& layout, size_t packed_bytes) {
  return packed_weights().place(plain, bytes, layout, packed_bytes);
}

void note_write(const void* data, size_t bytes) { packed_weights().note_write(static_cast<const char*>(data), bytes); }

void drop_packed_weights() { packed_weights().drop(); }

}  // namespace convolt::cpu
