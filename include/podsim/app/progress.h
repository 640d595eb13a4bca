// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <string_view>

#include "podsim/units/units.h"

namespace podsim::app {

// A bar with an estimate, rewritten in place on a terminal; shows nothing elsewhere.
class Progress {
 public:
  // `show`: whether `out` is a terminal that somebody looks at.
  Progress(std::ostream& out, bool show);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `fraction` of the work is done, which is now at `stage`; `simulated` is the machine's clock. Cheap: most
  // calls only look at the time and return.
  void update(std::string_view stage, double fraction, Picoseconds simulated);
  // Clears the bar away.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  bool show_;
  Clock::time_point start_;
  Clock::time_point next_;
  std::size_t width_ = 0;  // of what stands on the terminal now
};

// "layer 3 of 58 [#########           ]  45 %  simulated 123.4 us  12 s left": what Progress shows after
// `elapsed`. The estimate is missing until something is done.
std::string progress_line(std::string_view stage, double fraction, Picoseconds simulated,
                          std::chrono::duration<double> elapsed);

// Whether stderr is a terminal that can rewrite a line.
bool stderr_is_terminal();

}  // namespace podsim::app
