// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "podsim/base/error.h"

namespace podsim::app {
namespace {

using kernel::Pipe;
using nlohmann::json;

// The events of a trace of a die with two cube cores and four vector cores, cycles of 1 ns.
class Trace {
 public:
  explicit Trace(const TraceCores& cores = {}) : trace(out, 2, 2, Picoseconds(1000), cores) {}
  std::vector<json> events(const std::string& phase) {
    trace.finish();
    std::vector<json> found;
    const json document = json::parse(out.str());
    EXPECT_EQ(document["displayTimeUnit"], "ns");
    for (const json& event : document["traceEvents"])
      if (event["ph"] == phase) found.push_back(event);
    return found;
  }
  static std::map<std::string, json> names(const std::vector<json>& metadata, const std::string& what) {
    std::map<std::string, json> found;
    for (const json& event : metadata)
      if (event["name"] == what) found[event["args"]["name"]] = event;
    return found;
  }

  std::ostringstream out;
  KernelTrace trace;
};

TEST(KernelTrace, ARowPerCoreAndPipeInTheVendorsColours) {
  Trace t;
  t.trace.slice({0, Pipe::M, "Mmad", Picoseconds(1'500'000), Picoseconds(2'000'000), 0});
  t.trace.slice({5, Pipe::Mte2, "DataCopy", Picoseconds(0), Picoseconds(1000), 64});
  const auto slices = t.events("X");
  ASSERT_EQ(slices.size(), 2U);
  EXPECT_EQ(slices[0]["ts"], 1.5);
  EXPECT_EQ(slices[0]["dur"], 0.5);
  EXPECT_EQ(slices[0]["cname"], "background_memory_dump");
  EXPECT_EQ(slices[1]["cname"], "thread_state_iowait");
  EXPECT_EQ(slices[1]["args"]["process_bytes"], 64);
  const json document = json::parse(t.out.str());
  const std::vector<json> all(document["traceEvents"].begin(), document["traceEvents"].end());
  const auto cores = Trace::names(all, "process_name");
  EXPECT_EQ(cores.at("core0.cubecore0")["pid"], slices[0]["pid"]);
  EXPECT_EQ(cores.at("core1.veccore1")["pid"], slices[1]["pid"]);
  const auto pipes = Trace::names(all, "thread_name");
  EXPECT_EQ(pipes.at("CUBE")["tid"], slices[0]["tid"]);
  EXPECT_EQ(pipes.at("MTE2")["tid"], slices[1]["tid"]);
}

TEST(KernelTrace, InstructionsThatOverlapGetRowsOfTheirOwn) {
  Trace t;
  for (const auto& [start, end] : {std::pair{0, 10}, {5, 20}, {10, 15}, {12, 30}, {20, 21}})
    t.trace.slice({0, Pipe::Mte2, "DataCopy", Picoseconds(start), Picoseconds(end), 1});
  std::vector<int> threads;
  for (const json& event : t.events("X")) threads.push_back(event["tid"]);
  const int first = threads.front();
  EXPECT_THAT(threads, testing::ElementsAre(first, first + 1, first, first + 2, first));
}

TEST(KernelTrace, AFlagIsAnArrowBetweenTwoSlices) {
  Trace t;
  t.trace.slice({0, Pipe::Mte2, "SetFlag", Picoseconds(0), Picoseconds(1000), 0});
  t.trace.flow({0, Pipe::Mte2, Pipe::V, 3, Picoseconds(8000), Picoseconds(9000)});
  const auto slices = t.events("X");
  ASSERT_EQ(slices.size(), 2U) << "the set is drawn where it takes effect, once";
  EXPECT_EQ(slices[0]["name"], "SET_FLAG");
  EXPECT_EQ(slices[0]["cname"], "black");
  EXPECT_EQ(slices[0]["ts"], 0.007);
  EXPECT_EQ(slices[1]["name"], "WAIT_FLAG");
  EXPECT_EQ(slices[1]["cname"], "yellow");
  EXPECT_EQ(slices[1]["args"]["detail"], "PIPE:MTE2,TRIGGERPIPE:VECTOR,FLAGID:3");
  const json document = json::parse(t.out.str());
  json start;
  json end;
  for (const json& event : document["traceEvents"]) {
    if (event["ph"] == "s") start = event;
    if (event["ph"] == "t") end = event;
  }
  EXPECT_EQ(start["cat"], "MTE2ToVECTOR");
  EXPECT_EQ(start["id"], end["id"]);
  EXPECT_EQ(start["tid"], slices[0]["tid"]);
  EXPECT_EQ(start["ts"], slices[0]["ts"]);
  EXPECT_EQ(end["tid"], slices[1]["tid"]);
  EXPECT_EQ(end["ts"], slices[1]["ts"]);
}

TEST(KernelTrace, ShowsTheChosenCoresOnly) {
  Trace t(parse_trace_cores("1", 2));
  for (std::uint32_t core = 0; core < 6; ++core)
    t.trace.slice({core, Pipe::S, "printf", Picoseconds(0), Picoseconds(1), 0});
  std::vector<int> shown;
  for (const json& event : t.events("X")) shown.push_back(event["pid"]);
  EXPECT_THAT(shown, testing::ElementsAre(1, 4, 5));
}

TEST(KernelTrace, AnEmptyTraceIsADocument) {
  Trace t;
  EXPECT_TRUE(t.events("X").empty());
}

TEST(TraceCores, AreNumbersAndRanges) {
  EXPECT_EQ(parse_trace_cores("0-3,8,5", 24).numbers, (std::vector<std::int64_t>{0, 1, 2, 3, 5, 8}));
  EXPECT_TRUE(parse_trace_cores("2", 24).shows(2));
  EXPECT_FALSE(parse_trace_cores("2", 24).shows(3));
  EXPECT_TRUE(TraceCores{}.shows(17));
  for (const char* wrong : {"", "-", "a", "1-", "3-1", "24", "0-24", "1,,2", "1.5", "99999999999999999999"})
    EXPECT_THROW(parse_trace_cores(wrong, 24), ConfigError) << wrong;
}

}  // namespace
}  // namespace podsim::app
