// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/timeline/chrome_trace.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "podsim/base/error.h"

namespace podsim::timeline {
namespace {

constexpr std::int64_t kPicosecondsPerMicrosecond = 1'000'000;

// As a JSON string; text that is not UTF-8 is mended rather than refused.
std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string microseconds_text(Picoseconds time) {
  PODSIM_CHECK(time >= Picoseconds(0), "a time of {} ps in a timeline", time.count());
  const std::int64_t whole = time.count() / kPicosecondsPerMicrosecond;
  const std::int64_t fraction = time.count() % kPicosecondsPerMicrosecond;
  if (fraction == 0) return std::to_string(whole);
  std::string text = fmt::format("{}.{:06}", whole, fraction);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

ChromeTraceWriter::ChromeTraceWriter(std::ostream& out) : out_(out) {
  out_ << R"({"displayTimeUnit":"ns","traceEvents":[)";
}

void ChromeTraceWriter::name_process(std::uint32_t process, std::string_view name) {
  metadata(process, 0, "process_name", "name", quoted(name));
  metadata(process, 0, "process_sort_index", "sort_index", std::to_string(process));
}

void ChromeTraceWriter::name_thread(std::uint32_t process, std::uint32_t thread, std::string_view name) {
  metadata(process, thread, "thread_name", "name", quoted(name));
  metadata(process, thread, "thread_sort_index", "sort_index", std::to_string(thread));
}

void ChromeTraceWriter::span(std::uint32_t process, std::uint32_t thread, std::string_view name,
                             Picoseconds start, Picoseconds end) {
  PODSIM_CHECK(start <= end, "span {} starts at {} ps and ends at {} ps", name, start.count(), end.count());
  begin_event();
  out_ << fmt::format(R"({{"ph":"X","pid":{},"tid":{},"name":{},"ts":{},"dur":{}}})", process, thread,
                      quoted(name), microseconds_text(start), microseconds_text(end - start));
}

void ChromeTraceWriter::finish() {
  PODSIM_CHECK(!finished_, "a timeline is finished twice");
  finished_ = true;
  out_ << "\n]}\n";
}

void ChromeTraceWriter::begin_event() {
  PODSIM_CHECK(!finished_, "an event after the end of a timeline");
  out_ << (first_ ? "\n" : ",\n");
  first_ = false;
}

void ChromeTraceWriter::metadata(std::uint32_t process, std::uint32_t thread, std::string_view what,
                                 std::string_view key, const std::string& json_value) {
  begin_event();
  out_ << fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"{}","args":{{"{}":{}}}}})", process, thread,
                      what, key, json_value);
}

}  // namespace podsim::timeline
