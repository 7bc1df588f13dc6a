// Where threads of a block wait for each other: barriers, collectives of a warp, and objects that they sleep on.
#include "worker.h"

namespace emu {

void Worker::barrier(const char* what, Site site, CompleteBlock complete, void* argument) {
  meet(barriers_[0], threads_, what, site, complete, argument);
}

void Worker::named_barrier(int number, int threads, Site site) {
  if (number < 1 || number >= kBarriers) error("named_barrier: number %d is not from 1 to %d", number, kBarriers - 1);
  if (threads < kWarp || threads % kWarp != 0 || threads > threads_) error("named_barrier: %d threads of %d are no whole warps", threads, threads_);
  meet(barriers_[number], threads, "named_barrier", site, nullptr, nullptr);
}

void Worker::meet(Barrier& barrier, int threads, const char* what, Site site, CompleteBlock complete, void* argument) {
  if (barrier.arrived.empty()) {
    barrier.threads = threads;
    barrier.what = what;
    barrier.site = site;
  } else if (barrier.threads != threads || barrier.site.line != site.line || std::strcmp(barrier.site.file, site.file) != 0) {
    error("divergent barrier: thread %d waits in %s at %s:%d for %d threads, thread %d arrives in %s at %s:%d for %d", barrier.arrived[0]->number,
          barrier.what, barrier.site.file, barrier.site.line, barrier.threads, current_->number, what, site.file, site.line, threads);
  }
  barrier.arrived.push_back(current_);
  barrier_arguments_[current_->number] = argument;
  if (int(barrier.arrived.size()) < threads) return wait(what, site);

  if (complete) complete(barrier_arguments_, threads);
  if (checker.met) {
    int numbers[kMostThreads];
    for (int i = 0; i < threads; i++) numbers[i] = barrier.arrived[size_t(i)]->number;
    checker.met(numbers, threads);
  }
  make_ready(barrier.arrived.data(), threads, current_);
  barrier.arrived.clear();
  if (config().order != Order::forward) wait(what, site);
}

void Worker::collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what, Site site) {
  int warp = current_->number / kWarp, my_lane = current_->number % kWarp, in_warp = threads_ - warp * kWarp;
  if (in_warp < kWarp) mask &= (1u << in_warp) - 1;
  if (!(mask >> my_lane & 1)) error("%s at %s:%d: lane %d is not in the mask %08x it gives", what, site.file, site.line, my_lane, mask);

  Meeting* meeting = nullptr;
  for (Meeting& open : meetings_[warp]) {
    if (open.mask != 0 && (open.mask & mask) != 0 && open.mask != mask)
      error("%s at %s:%d: mask %08x meets %s with mask %08x at %s:%d", what, site.file, site.line, mask, open.what, open.mask,
            open.site.file, open.site.line);
    if (open.mask == mask) meeting = &open;
  }
  if (!meeting) {
    for (Meeting& free : meetings_[warp])
      if (free.mask == 0) meeting = &free;
    if (!meeting) error("%s at %s:%d: more than four groups of a warp's lanes wait at once", what, site.file, site.line);
    *meeting = {};
    meeting->mask = mask;
    meeting->complete = complete;
    meeting->what = what;
    meeting->site = site;
  } else if (meeting->complete != complete || meeting->site.line != site.line) {
    error("the warp diverged: lane %d is in %s at %s:%d, other lanes are in %s at %s:%d", my_lane, what, site.file, site.line,
          meeting->what, meeting->site.file, meeting->site.line);
  }
  meeting->arrived |= 1u << my_lane;
  meeting->arguments[my_lane] = argument;
  meeting->fibers[my_lane] = current_;
  if (meeting->arrived != mask) return wait(what, site);

  complete(meeting->arguments, mask);
  Fiber* met[kWarp];
  int numbers[kWarp], count = 0;
  for (int lane = 0; lane < kWarp; lane++)
    if (mask >> lane & 1) {
      numbers[count] = meeting->fibers[lane]->number;
      met[count++] = meeting->fibers[lane];
    }
  meeting->mask = 0;
  if (checker.met && orders_memory) checker.met(numbers, count);
  make_ready(met, count, current_);
  if (config().order != Order::forward) wait(what, site);
}

void Worker::sleep_on(const void* object, const char* what, Site site) {
  asleep_[object].push_back(current_);
  wait(what, site);
}

void Worker::wake(const void* object) {
  const auto found = asleep_.find(object);
  if (found == asleep_.end()) return;
  const std::vector<Fiber*> sleepers = std::move(found->second);
  asleep_.erase(found);
  make_ready(sleepers.data(), int(sleepers.size()), nullptr);
}

void barrier(const char* what, Site site, CompleteBlock complete, void* argument) { worker->barrier(what, site, complete, argument); }

void named_barrier(int number, int threads, Site site) { worker->named_barrier(number, threads, site); }

void collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what, Site site) {
  worker->collective(mask, complete, argument, orders_memory, what, site);
}

void sleep_on(const void* object, const char* what, Site site) { worker->sleep_on(object, what, site); }
void wake(const void* object) { worker->wake(object); }

}  // namespace emu
