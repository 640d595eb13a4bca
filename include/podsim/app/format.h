// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "podsim/units/units.h"

// Numbers for people: four significant digits, the unit that suits. Files hold the exact ones.
namespace podsim::app {

std::string time_text(Picoseconds time);     // "1.234 ms", "12.34 us", "175 ns", "0 ns"
std::string microseconds_text(double time);  // the same of a time in microseconds
std::string seconds_text(double seconds);    // "42 s", "3 min 12 s", "0.8 s"
std::string bytes_text(double bytes);        // "1.234 GB"
std::string count_text(double count);        // "12.6 M", "310.7 k", "8192"
std::string grouped_text(std::int64_t n);    // "8,192"
std::string percent_text(double fraction);   // "93.2 %"

}  // namespace podsim::app
