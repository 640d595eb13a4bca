// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "podsim/app/format.h"

namespace podsim::app {
namespace {

constexpr std::chrono::milliseconds kFirstAfter{500};  // short work shows no bar at all
constexpr std::chrono::milliseconds kEvery{100};
constexpr std::size_t kBarWidth = 20;

}  // namespace

Progress::Progress(std::ostream& out, bool show)
    : out_(out), show_(show), start_(Clock::now()), next_(start_ + kFirstAfter) {}

Progress::~Progress() {
  finish();
}

void Progress::update(std::string_view stage, double fraction, Picoseconds simulated) {
  if (!show_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kEvery;
  const std::string line = progress_line(stage, fraction, simulated, now - start_);
  const std::string blank(line.size() < width_ ? width_ - line.size() : 0, ' ');
  out_ << '\r' << line << blank << std::flush;
  width_ = line.size();
}

void Progress::finish() {
  if (width_ == 0) return;
  out_ << '\r' << std::string(width_, ' ') << '\r' << std::flush;
  width_ = 0;
}

std::string progress_line(std::string_view stage, double fraction, Picoseconds simulated,
                          std::chrono::duration<double> elapsed) {
  const double share = std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
  std::string line = fmt::format("{} [{}{}] {:3.0f} %", stage, std::string(filled, '#'),
                                 std::string(kBarWidth - filled, ' '), std::floor(share * 100.0));
  if (simulated > Picoseconds()) line += fmt::format("  simulated {}", time_text(simulated));
  if (share > 0.0) line += fmt::format("  {} left", seconds_text(elapsed.count() * (1.0 - share) / share));
  return line;
}

bool stderr_is_terminal() {
  const char* terminal = std::getenv("TERM");
  const bool rewrites = terminal != nullptr && std::string_view(terminal) != "dumb";
  return rewrites && ::isatty(STDERR_FILENO) == 1;
}

}  // namespace podsim::app
