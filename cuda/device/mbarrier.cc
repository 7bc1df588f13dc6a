// mbarrier on the host: counters beside shared memory, and copies that land when somebody waits for them.
#include "mbarrier.cuh"

#include <map>
#include <vector>

namespace emu {
namespace {

struct Counters {
  int arrivals;  // of a phase
  int missing;   // in this one
  long bytes = 0;  // announced and not yet here; copies that come before they are announced make it negative
  uint64_t phase = 0;
};

struct BulkCopy {
  Mbarrier* barrier;
  std::vector<BulkPiece> pieces;
};

// Of the block that runs on this host thread.
struct Block {
  std::map<Mbarrier*, Counters> barriers;
  std::vector<BulkCopy> copies;
};
thread_local Block block;

#define WHERE __builtin_return_address(0)

Counters& counters_of(Mbarrier* barrier, const void* where) {
  const auto found = block.barriers.find(barrier);
  if (found == block.barriers.end()) error("the mbarrier at %p was not made by mbarrier_init", static_cast<void*>(barrier));
  if (checker.atomic) checker.atomic(barrier, sizeof *barrier, where);
  return found->second;
}

void end_phase_if_complete(Mbarrier* barrier, Counters& counters) {
  if (counters.missing != 0 || counters.bytes != 0) return;
  counters.phase++;
  counters.missing = counters.arrivals;
  wake(barrier);
}

// Lets the copies arrive that belong to this barrier.
void land(Mbarrier* barrier, Counters& counters) {
  std::vector<BulkCopy> others;
  for (BulkCopy& copy : block.copies) {
    if (copy.barrier != barrier) {
      others.push_back(std::move(copy));
      continue;
    }
    for (const BulkPiece& piece : copy.pieces) {
      std::memcpy(piece.target, piece.bytes, sizeof piece.bytes);
      if (checker.defined) checker.defined(piece.target, sizeof piece.bytes);
    }
    counters.bytes -= long(copy.pieces.size() * sizeof(BulkPiece::bytes));
  }
  block.copies = std::move(others);
  end_phase_if_complete(barrier, counters);
}

}  // namespace

void mbarrier_init(Mbarrier* barrier, int arrivals) {
  if (reinterpret_cast<uintptr_t>(barrier) % sizeof *barrier != 0) error("mbarrier_init: %p is not aligned to 8 bytes", static_cast<void*>(barrier));
  if (arrivals < 1) error("mbarrier_init: a barrier of %d arrivals", arrivals);
  if (checker.write) checker.write(barrier, sizeof *barrier, WHERE);
  block.barriers[barrier] = Counters{arrivals, arrivals};
}

void mbarrier_arrive(Mbarrier* barrier, int bytes) {
  Counters& counters = counters_of(barrier, WHERE);
  if (counters.missing == 0) error("mbarrier_arrive: more than the %d arrivals of a phase", counters.arrivals);
  if (checker.release) checker.release(barrier, counters.phase);
  counters.bytes += bytes;
  counters.missing--;
  end_phase_if_complete(barrier, counters);
}

void mbarrier_wait(Mbarrier* barrier, int parity, Site site) {
  Counters& counters = counters_of(barrier, WHERE);
  auto has_ended = [&] { return int(counters.phase & 1) != parity; };
  if (!has_ended()) land(barrier, counters);
  while (!has_ended()) {
    sleep_on(barrier, "mbarrier_wait", site);
    if (!has_ended()) land(barrier, counters);
  }
  if (checker.acquire && counters.phase > 0) checker.acquire(barrier, counters.phase - 1);
}

void bulk_copy(Mbarrier* barrier, const BulkPiece* pieces, int count, const char* what) {
  const Counters& counters = counters_of(barrier, WHERE);
  for (int i = 0; i < count; i++) {
    unsigned char* target = pieces[i].target;
    if (!is_shared(target)) error("%s to %p, which is not shared memory", what, static_cast<void*>(target));
    if (checker.write) checker.write(target, sizeof pieces[i].bytes, WHERE);
    std::memset(target, 0xff, sizeof pieces[i].bytes);
    if (checker.undefined) checker.undefined(target, sizeof pieces[i].bytes);
  }
  // Whoever waits for the phase sees what the copy wrote: its bytes are part of it.
  if (checker.release) checker.release(barrier, counters.phase);
  block.copies.push_back({barrier, {pieces, pieces + count}});
  wake(barrier);  // whoever waits already lets it land
}

void end_asynchronous_work() {
  if (!block.copies.empty()) error("a block ends with %zu copies on their way that nobody waited for", block.copies.size());
  block.barriers.clear();
}

}  // namespace emu
