// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

#include "podsim/sim/kernel.h"

namespace podsim::fabric {

// A module that has asked the hub to be called.
class HubClient {
 public:
  virtual ~HubClient() = default;
  virtual void hub_event(std::uint32_t what, std::int64_t now) = 0;
};

// The clock of all link-layer modules: one time-ordered queue, and one kernel event per window of time
// instead of one per block. Events of one time happen in the order in which they were asked for. Within a
// window the modules run ahead of the kernel's clock (temporal decoupling), which nobody can notice who acts
// on them no sooner than a window later.
class EventHub : public sc_core::sc_module {
 public:
  explicit EventHub(sc_core::sc_module_name name, Picoseconds window = Picoseconds(1));

  // The time that modules go by, in ps: that of the event being worked on.
  std::int64_t now() const { return now_; }
  bool advancing() const { return advancing_; }
  // Everything before this is done.
  std::int64_t done_until() const { return done_until_; }
  void schedule(std::int64_t at, HubClient& client, std::uint32_t what);
  // Wakes the hub although it may have no event: before_window is called then.
  void wake(std::int64_t at);
  bool idle() const { return events_.empty(); }
  std::uint64_t events_done() const { return done_; }

  std::function<void()> before_window;  // new work from outside
  std::function<void()> when_idle;      // the last event is done
  // Rethrows what a module threw; the hub does nothing any more then.
  void throw_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  SC_HAS_PROCESS(EventHub);
  struct Event {
    std::int64_t at;
    std::uint64_t number;
    HubClient* client;
    std::uint32_t what;
    friend bool operator<(const Event& a, const Event& b) {  // the heap gives the largest first
      return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
  };
  void advance_method();
  void work_until(std::int64_t end);

  std::int64_t window_;
  std::vector<Event> events_;
  std::uint64_t next_number_ = 0;
  std::uint64_t done_ = 0;
  std::int64_t now_ = 0;
  std::int64_t done_until_ = 0;
  bool advancing_ = false;
  std::exception_ptr failure_;
  sc_core::sc_event wake_event_;
};

}  // namespace podsim::fabric
