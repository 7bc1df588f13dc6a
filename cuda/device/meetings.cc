// Where threads of a block wait for each other: barriers, collectives of a warp, and objects that they sleep on.
#include "worker.h"

namespace emu {

void Worker::barrier(const char* what, Site site, CompleteBlock complete, void* argument) {
  if (at_barrier_.empty()) {
    barrier_what_ = what;
    barrier_site_ = site;
  } else if (barrier_site_.line != site.line || std::strcmp(barrier_site_.file, site.file) != 0) {
    error("divergent barrier: thread %d waits in %s at %s:%d, thread %d arrives in %s at %s:%d", at_barrier_[0]->number,
          barrier_what_, barrier_site_.file, barrier_site_.line, current_->number, what, site.file, site.line);
  }
  at_barrier_.push_back(current_);
  barrier_arguments_[current_->number] = argument;
  if (int(at_barrier_.size()) < threads_) return wait(what, site);

  if (complete) complete(barrier_arguments_, threads_);
  if (checker.met) {
    int numbers[kMostThreads];
    for (int i = 0; i < threads_; i++) numbers[i] = at_barrier_[i]->number;
    checker.met(numbers, threads_);
  }
  make_ready(at_barrier_.data(), threads_, current_);
  at_barrier_.clear();
  if (config().order != Order::forward) wait(what, site);
}

void Worker::collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what,
                        Site site) {
  int warp = current_->number / kWarp, my_lane = current_->number % kWarp, in_warp = threads_ - warp * kWarp;
  if (in_warp < kWarp) mask &= (1u << in_warp) - 1;
  if (!(mask >> my_lane & 1))
    error("%s at %s:%d: lane %d is not in the mask %08x it gives", what, site.file, site.line, my_lane, mask);

  Meeting* meeting = nullptr;
  for (Meeting& open : meetings_[warp]) {
    if (open.mask != 0 && (open.mask & mask) != 0 && open.mask != mask)
      error("%s at %s:%d: mask %08x meets %s with mask %08x at %s:%d", what, site.file, site.line, mask, open.what,
            open.mask, open.site.file, open.site.line);
    if (open.mask == mask) meeting = &open;
  }
  if (!meeting) {
    for (Meeting& free : meetings_[warp])
      if (free.mask == 0) meeting = &free;
    if (!meeting)
      error("%s at %s:%d: more than four groups of a warp's lanes wait at once", what, site.file, site.line);
    *meeting = {};
    meeting->mask = mask;
    meeting->complete = complete;
    meeting->what = what;
    meeting->site = site;
  } else if (meeting->complete != complete || meeting->site.line != site.line) {
    error("the warp diverged: lane %d is in %s at %s:%d, other lanes are in %s at %s:%d", my_lane, what, site.file,
          site.line, meeting->what, meeting->site.file, meeting->site.line);
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

void barrier(const char* what, Site site, CompleteBlock complete, void* argument) {
  worker->barrier(what, site, complete, argument);
}

void collective(unsigned mask, CompleteWarp complete, void* argument, bool orders_memory, const char* what, Site site) {
  worker->collective(mask, complete, argument, orders_memory, what, site);
}

void sleep_on(const void* object, const char* what, Site site) { worker->sleep_on(object, what, site); }
void wake(const void* object) { worker->wake(object); }

}  // namespace emu
