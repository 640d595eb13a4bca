// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "podsim/units/units.h"

namespace podsim::timeline {

// Writes Chrome trace events one by one and keeps none of them. On one thread, spans may follow or enclose
// one another; viewers do not show others faithfully, so the caller keeps to it.
// Format: "Trace Event Format", Google, 2016.
class ChromeTraceWriter {
 public:
  explicit ChromeTraceWriter(std::ostream& out);
  ~ChromeTraceWriter() = default;
  ChromeTraceWriter(const ChromeTraceWriter&) = delete;
  ChromeTraceWriter& operator=(const ChromeTraceWriter&) = delete;

  // Names are shown in order of number.
  void name_process(std::uint32_t process, std::string_view name);
  void name_thread(std::uint32_t process, std::uint32_t thread, std::string_view name);
  // `start` must not be negative, nor `end` before it.
  void span(std::uint32_t process, std::uint32_t thread, std::string_view name, Picoseconds start,
            Picoseconds end);
  // Ends the document. Nothing may follow.
  void finish();

 private:
  void begin_event();
  void metadata(std::uint32_t process, std::uint32_t thread, std::string_view what, std::string_view key,
                const std::string& json_value);

  std::ostream& out_;
  bool first_ = true;
  bool finished_ = false;
};

// A time as microseconds, exact: 1,500,000 ps is "1.5".
std::string microseconds_text(Picoseconds time);

}  // namespace podsim::timeline
