#include "traffic.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <deque>
#include <list>
#include <set>
#include <unordered_map>

#include "runtime.h"

namespace emu {
namespace {

constexpr size_t kSector = 32, kBanks = 32, kWord = 4, kWarp = 32;

// Sectors in the order of their last use.
class Cache {
 public:
  void reset(size_t bytes) {
    most_ = bytes / kSector;
    order_.clear();
    places_.clear();
  }

  // Whether the sector had to come from memory.
  bool misses(uintptr_t sector) {
    const auto found = places_.find(sector);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return false;
    }
    order_.push_front(sector);
    places_[sector] = order_.begin();
    if (places_.size() > most_) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    return true;
  }

 private:
  size_t most_ = 0;
  std::list<uintptr_t> order_;
  std::unordered_map<uintptr_t, std::list<uintptr_t>::iterator> places_;
};

// One access of a warp, as far as its lanes have made it.
struct WarpAccess {
  std::array<uintptr_t, kWarp> address{};
  std::bitset<kWarp> lanes;
};

// What a warp does at one place of the code.
struct Place {
  bool shared, write;
  size_t size;
  const void* buffer;  // where its allocation begins
  std::array<size_t, kWarp> made{};  // accesses, by lane
  size_t finished = 0;
  std::deque<WarpAccess> open;
};

struct Key {
  int warp;
  const void *where, *buffer;
  size_t size;
  bool write;
  bool operator<(const Key& other) const {
    return std::tie(warp, where, buffer, size, write) < std::tie(other.warp, other.where, other.buffer, other.size, other.write);
  }
};

struct State {
  size_t cache_bytes = 0;
  Cache cache;
  std::map<Key, Place> places;  // of the running block
  LaunchTraffic launch;
  std::vector<LaunchTraffic> done;
};

State& state() {
  static State instance;
  return instance;
}

// Banks serve a warp in groups of lanes that ask for 128 bytes together; a group takes as many passes as the most different
// words that it wants of one bank.
void count_shared(const Place& place, const WarpAccess& access) {
  const size_t group = std::min(kWarp, kBanks * kWord / std::max(place.size, kWord));
  for (size_t first = 0; first < kWarp; first += group) {
    std::array<std::set<uintptr_t>, kBanks> words;
    for (size_t lane = first; lane < first + group; lane++)
      for (size_t byte = 0; access.lanes[lane] && byte < place.size; byte += kWord) {
        const uintptr_t word = (access.address[lane] + byte) / kWord;
        words[word % kBanks].insert(word);
      }
    size_t passes = 0;
    for (const auto& of_bank : words) passes = std::max(passes, of_bank.size());
    if (passes == 0) continue;
    state().launch.shared_passes++;
    state().launch.bank_conflicts[place.size] += passes - 1;
  }
}

void count_global(const Place& place, const WarpAccess& access) {
  BufferTraffic& buffer = state().launch.buffers[place.buffer];
  std::set<uintptr_t> sectors;
  for (size_t lane = 0; lane < kWarp; lane++)
    if (access.lanes[lane])
      for (size_t byte = 0; byte < place.size; byte += kWord) sectors.insert((access.address[lane] + byte) / kSector);
  if (place.write) {
    buffer.written += access.lanes.count() * place.size;
    return;
  }
  buffer.requested += access.lanes.count() * place.size;
  buffer.sectors += sectors.size() * kSector;
  for (uintptr_t sector : sectors) buffer.fetched += state().cache.misses(sector) ? kSector : 0;
}

void finish(const Place& place, const WarpAccess& access) {
  if (place.shared) count_shared(place, access);
  else count_global(place, access);
}

void note_access(const Access& access) {
  State& s = state();
  const Key key{access.thread / int(kWarp), access.where, access.buffer, access.size, access.write};
  Place& place = s.places.try_emplace(key, Place{access.shared, access.write, access.size, access.buffer, {}, 0, {}}).first->second;
  const size_t lane = size_t(access.thread) % kWarp, at = place.made[lane]++ - place.finished;
  if (at >= place.open.size()) place.open.resize(at + 1);
  place.open[at].address[lane] = access.address;
  place.open[at].lanes.set(lane);
  while (!place.open.empty() && place.open.front().lanes.all()) {
    finish(place, place.open.front());
    place.open.pop_front();
    place.finished++;
  }
}

void note_products(size_t count) { state().launch.products += count; }

void end_block() {
  for (const auto& [key, place] : state().places)
    for (const WarpAccess& access : place.open) finish(place, access);
  state().places.clear();
}

void end_kernel(const char* name) {
  State& s = state();
  s.launch.kernel = name;
  s.done.push_back(std::move(s.launch));
  s.launch = {};
  s.cache.reset(s.cache_bytes);
}

}  // namespace

void measure_traffic(size_t cache_bytes) {
  state().cache_bytes = cache_bytes;
  state().cache.reset(cache_bytes);
  observer = {note_access, note_products, end_block, end_kernel};
}

std::vector<LaunchTraffic> take_traffic() { return std::move(state().done); }

}  // namespace emu
