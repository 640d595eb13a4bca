// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace podsim::app {

// True since the user pressed Ctrl-C (or the process was asked to terminate) under an InterruptGuard.
bool interrupted();

// While it lives, the first SIGINT or SIGTERM only makes interrupted() true, so that work ends with complete
// files; the second one ends the process at once. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
};

}  // namespace podsim::app
