// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/format.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace podsim::app {
namespace {

struct Step {
  double size;
  const char* unit;
};

// Four significant digits and no trailing zeros; never an exponent.
std::string digits(double value) {
  if (value == 0.0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  std::string text = fmt::format("{:.{}f}", value, std::max(0, 3 - magnitude));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// In the largest unit of `steps` (largest first) that leaves at least 1. Rounding may carry ("999.96" to
// "1000"), which the next unit up then takes.
template <std::size_t N>
std::string scaled(double value, const std::array<Step, N>& steps) {
  constexpr double kRoundsUp = 0.99995;
  for (const Step& step : steps)
    if (std::abs(value) >= step.size * kRoundsUp) return digits(value / step.size) + step.unit;
  return digits(value / steps.back().size) + steps.back().unit;
}

constexpr std::array kTimes{Step{1e12, " s"}, Step{1e9, " ms"}, Step{1e6, " us"}, Step{1e3, " ns"}};
constexpr std::array kBytes{Step{1e15, " PB"}, Step{1e12, " TB"}, Step{1e9, " GB"},
                            Step{1e6, " MB"},  Step{1e3, " kB"},  Step{1, " B"}};
constexpr std::array kCounts{Step{1e12, " T"}, Step{1e9, " G"}, Step{1e6, " M"}, Step{1e3, " k"}};

}  // namespace

std::string time_text(Picoseconds time) {
  return scaled(static_cast<double>(time.count()), kTimes);
}

std::string microseconds_text(double time) {
  return scaled(time * 1e6, kTimes);
}

std::string seconds_text(double seconds) {
  constexpr double kRoundsToMinute = 59.5;
  if (seconds < kRoundsToMinute)
    return digits(seconds < 10 ? std::round(seconds * 10) / 10 : std::round(seconds)) + " s";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string bytes_text(double bytes) {
  return scaled(bytes, kBytes);
}

std::string count_text(double count) {
  constexpr double kFiveDigits = 9999.5;  // "8192" reads better than "8.192 k"
  return std::abs(count) < kFiveDigits ? digits(count) : scaled(count, kCounts);
}

std::string grouped_text(std::int64_t n) {
  std::string text = std::to_string(n);
  const std::size_t first = n < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string percent_text(double fraction) {
  return fmt::format("{:.1f} %", fraction * 100.0);
}

}  // namespace podsim::app
