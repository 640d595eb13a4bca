// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/event_hub.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::fabric {

EventHub::EventHub(sc_core::sc_module_name name, Picoseconds window)
    : sc_module(name), window_(std::max<std::int64_t>(1, window.count())) {
  SC_METHOD(advance_method);
  dont_initialize();
  sensitive << wake_event_;
}

void EventHub::schedule(std::int64_t at, HubClient& client, std::uint32_t what) {
  PODSIM_CHECK(at >= now_, "event at {} ps, the hub is at {} ps", at, now_);
  events_.push_back({at, next_number_++, &client, what});
  std::push_heap(events_.begin(), events_.end());
  if (!advancing_) wake(at);
}

void EventHub::wake(std::int64_t at) {
  sim::notify_at(wake_event_, Picoseconds(at));
}

void EventHub::work_until(std::int64_t end) {
  while (!events_.empty() && events_.front().at < end) {
    const Event event = events_.front();
    std::pop_heap(events_.begin(), events_.end());
    events_.pop_back();
    now_ = event.at;
    ++done_;
    event.client->hub_event(event.what, event.at);
  }
}

void EventHub::advance_method() {
  if (failure_) return;
  advancing_ = true;
  try {
    if (before_window) before_window();
    const std::int64_t begin = sim::now().count();
    // Work that came for the last window while it was open is done late, not by opening another one early.
    done_until_ = std::max(done_until_, begin + window_);
    work_until(done_until_);
    if (events_.empty() && when_idle) when_idle();
  } catch (...) {
    failure_ = std::current_exception();
    events_.clear();
  }
  advancing_ = false;
  if (!events_.empty()) wake(events_.front().at);
}

}  // namespace podsim::fabric
