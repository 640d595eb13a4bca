// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/timeline/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "podsim/base/error.h"
#include "podsim/timeline/chrome_trace.h"

namespace podsim::timeline {
namespace {

std::string text_of(const Timeline& timeline) {
  std::ostringstream out;
  write_chrome_trace(out, timeline);
  return out.str();
}

Span span(std::size_t card, std::uint16_t track, const std::string& name, std::int64_t start,
          std::int64_t end) {
  return {NpuId(card), track, name, Picoseconds(start), Picoseconds(end)};
}

// The names given to threads, in order of thread.
std::vector<std::string> thread_names(const std::string& text) {
  std::vector<std::string> names;
  const auto json = nlohmann::json::parse(text);
  for (const auto& event : json["traceEvents"])
    if (event["name"] == "thread_name") names.push_back(event["args"]["name"]);
  return names;
}

TEST(Microseconds, AreExactDecimals) {
  EXPECT_EQ(microseconds_text(Picoseconds(0)), "0");
  EXPECT_EQ(microseconds_text(Picoseconds(1)), "0.000001");
  EXPECT_EQ(microseconds_text(Picoseconds(1'500'000)), "1.5");
  EXPECT_EQ(microseconds_text(Picoseconds(2'000'000)), "2");
  EXPECT_EQ(microseconds_text(Picoseconds(10'000'010)), "10.00001");
  EXPECT_EQ(microseconds_text(Picoseconds::max()), "9223372036854.775807");
  EXPECT_THROW(microseconds_text(Picoseconds(-1)), InternalError);
}

TEST(Timeline, NoSpanIsAValidDocument) {
  const auto json = nlohmann::json::parse(text_of({{"cube"}, {}}));
  EXPECT_TRUE(json["traceEvents"].empty());
}

TEST(Timeline, IsOneProcessPerCardAndOneThreadPerTrack) {
  const std::string text = text_of({{"cube", "hbm"},
                                    {span(5, 1, "weights", 0, 2'000'000),
                                     span(5, 0, "L1", 1'000'000, 1'500'000), span(0, 0, "L1", 0, 10)}});
  EXPECT_EQ(text,
            R"({"displayTimeUnit":"ns","traceEvents":[
{"ph":"M","pid":1,"tid":0,"name":"process_name","args":{"name":"npu 0"}},
{"ph":"M","pid":1,"tid":0,"name":"process_sort_index","args":{"sort_index":1}},
{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"cube"}},
{"ph":"M","pid":1,"tid":1,"name":"thread_sort_index","args":{"sort_index":1}},
{"ph":"X","pid":1,"tid":1,"name":"L1","ts":0,"dur":0.00001},
{"ph":"M","pid":6,"tid":0,"name":"process_name","args":{"name":"npu 5"}},
{"ph":"M","pid":6,"tid":0,"name":"process_sort_index","args":{"sort_index":6}},
{"ph":"M","pid":6,"tid":1,"name":"thread_name","args":{"name":"cube"}},
{"ph":"M","pid":6,"tid":1,"name":"thread_sort_index","args":{"sort_index":1}},
{"ph":"X","pid":6,"tid":1,"name":"L1","ts":1,"dur":0.5},
{"ph":"M","pid":6,"tid":2,"name":"thread_name","args":{"name":"hbm"}},
{"ph":"M","pid":6,"tid":2,"name":"thread_sort_index","args":{"sort_index":2}},
{"ph":"X","pid":6,"tid":2,"name":"weights","ts":0,"dur":2}
]}
)");
}

TEST(Timeline, OverlappingSpansGoToThreadsOfTheirOwn) {
  const std::vector<std::string> two = {"hbm", "hbm 2"};
  EXPECT_EQ(thread_names(text_of({{"hbm"}, {span(0, 0, "a", 0, 10), span(0, 0, "b", 9, 12)}})), two);
}

TEST(Timeline, ASpanThatStartsWhenAnotherEndsFollowsIt) {
  const std::vector<std::string> one = {"hbm"};
  EXPECT_EQ(thread_names(text_of({{"hbm"}, {span(0, 0, "a", 0, 10), span(0, 0, "b", 10, 12)}})), one);
}

TEST(Timeline, TheOrderOfSpansDoesNotMatter) {
  Timeline timeline{{"cube", "hbm"}, {}};
  for (std::int64_t i = 0; i < 50; ++i)
    timeline.spans.push_back(
        span(static_cast<std::size_t>(i % 3), static_cast<std::uint16_t>(i % 2), "s", i % 7, i % 7 + i));
  const std::string text = text_of(timeline);
  std::reverse(timeline.spans.begin(), timeline.spans.end());
  EXPECT_EQ(text_of(timeline), text);
}

TEST(Timeline, NamesAreEscaped) {
  const auto json = nlohmann::json::parse(text_of({{"a \"b\"\n"}, {span(0, 0, "back\\slash \xff", 0, 1)}}));
  EXPECT_EQ(json["traceEvents"].back()["name"], "back\\slash \xEF\xBF\xBD");
}

TEST(Timeline, ASpanThatEndsBeforeItStartsIsOurBug) {
  EXPECT_THROW(text_of({{"hbm"}, {span(0, 0, "a", 10, 9)}}), InternalError);
  EXPECT_THROW(text_of({{"hbm"}, {span(0, 1, "a", 0, 9)}}), InternalError);
}

TEST(ChromeTraceWriter, TakesNothingAfterItsEnd) {
  std::ostringstream out;
  ChromeTraceWriter writer(out);
  writer.finish();
  EXPECT_THROW(writer.span(1, 1, "a", Picoseconds(0), Picoseconds(1)), InternalError);
  EXPECT_THROW(writer.finish(), InternalError);
}

}  // namespace
}  // namespace podsim::timeline
