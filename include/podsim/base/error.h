// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

// Whose fault is it? ConfigError: the user's input (exit 2). InternalError, raised by PODSIM_CHECK: ours
// (exit 3).
namespace podsim {

// The input is wrong. what() is everything the user needs: file, place, what was found, what was expected;
// several findings are separated by newlines.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A broken invariant of podsim itself. what() names the condition, the numbers that disagree and the source
// line.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Where a failed check says it happened beyond its source line: the simulation installs one that gives the
// simulated time.
using CheckContext = std::string (*)();
void set_check_context(CheckContext context);

[[noreturn]] void fail_check(const char* condition, const char* file, int line, const std::string& message);

}  // namespace podsim

// On in release builds. PODSIM_CHECK(in == out, "{} bytes in, {} bytes out", in, out)
#define PODSIM_CHECK(condition, ...)                                                    \
  do {                                                                                  \
    if (__builtin_expect(!(condition), 0))                                              \
      ::podsim::fail_check(#condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
  } while (false)
