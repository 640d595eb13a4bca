// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>

#include "podsim/moe/trace_counts.h"
#include "podsim/moe/trace_inspect.h"
#include "unit/moe/trace_support.h"

// What is written in one format is what another reads.
namespace podsim::moe {
namespace {

std::string converted(TraceReader& trace, TraceFormat format) {
  const TemporaryFile file("converted");
  TraceOutput output;
  output.path = file.path();
  output.format = format;
  write_trace(trace, output);
  return file.content();
}

std::unique_ptr<TraceReader> open_as(const std::string& content, TraceFormat format) {
  TraceOptions options;
  options.format = format;
  options.experts = 16;
  return open_text(content, options);
}

class TokenFormats : public ::testing::TestWithParam<TraceFormat> {};

TEST_P(TokenFormats, KeepEveryRecord) {
  const RoutingSetup setup = small_setup();
  const auto routing = make_routing(UniformRouting{}, setup);
  RoutedTrace original(*routing, setup, "small", 2, 3);
  const auto trace = open_as(converted(original, GetParam()), GetParam());
  ASSERT_EQ(trace->records(), original.records());
  for (std::int64_t i = 0; i < trace->records(); ++i) {
    EXPECT_TRUE(trace->record(i).key == original.record(i).key) << i;
    EXPECT_EQ(rows_of(*trace, i), rows_of(original, i)) << i;
  }
  EXPECT_EQ(summarise_trace(*trace).digest, summarise_trace(original).digest);
}

TEST_P(TokenFormats, AreTheSameBytesAgainAfterADetour) {
  const std::string content = written_trace(GetParam());
  const TraceFormat other = GetParam() == TraceFormat::Packed ? TraceFormat::Megatron : TraceFormat::Packed;
  const auto trace = open_as(content, GetParam());
  const auto detour = open_as(converted(*trace, other), other);
  const std::string again = converted(*detour, GetParam());
  if (other == TraceFormat::Megatron) {  // which forgets the model's name
    EXPECT_EQ(again.size(), content.size() - 5);
  } else {
    EXPECT_EQ(again, content);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, TokenFormats,
                         ::testing::Values(TraceFormat::Packed, TraceFormat::Canonical,
                                           TraceFormat::Megatron),
                         [](const auto& format) { return std::string(config::enum_name(format.param)); });

TEST(WriteTrace, PutsTokensInVllmOrderOfStepSourceToken) {
  const RoutingSetup setup = small_setup();
  const auto routing = make_routing(UniformRouting{}, setup);
  RoutedTrace original(*routing, setup, "small", 2, 3);
  const auto trace = open_as(converted(original, TraceFormat::Vllm), TraceFormat::Vllm);
  EXPECT_EQ(trace->records(), 3);
  EXPECT_EQ(trace->record(0).tokens, 2 * 4 * 5);
  for (std::int64_t step = 0; step < 2; ++step) {
    for (std::int64_t layer = 0; layer < 3; ++layer) {
      for (std::int64_t source = 0; source < 4; ++source) {
        std::vector<ExpertIndex> rows(15);
        trace->read(trace->batch(0, layer).first, (step * 4 + source) * 5, Span<ExpertIndex>(rows));
        EXPECT_EQ(rows, rows_of(original, original.batch(step, layer).first + source));
      }
    }
  }
}

TEST(WriteTrace, GivesVllmDenseLayersZeros) {
  const RoutingSetup setup = small_setup();
  const auto routing = make_routing(UniformRouting{}, setup);
  RoutedTrace original(*routing, setup, "small", 1, 2, 3);
  const auto trace = open_as(converted(original, TraceFormat::Vllm), TraceFormat::Vllm);
  EXPECT_EQ(trace->layers()[0], 3);
  EXPECT_EQ(trace->layers().size(), 2U);
}

TEST(WriteTrace, CountsTheRoutesOfEveryStepAndLayer) {
  const RoutingSetup setup = small_setup();
  const auto routing = make_routing(UniformRouting{}, setup);
  RoutedTrace original(*routing, setup, "small", 2, 3);
  TraceOptions options;
  for (const TraceFormat format : {TraceFormat::CountsNpy, TraceFormat::CountsJsonl}) {
    options.format = format;
    const auto counts = open_counts(bytes_of(converted(original, format), "loads"), options);
    for (std::int64_t step = 0; step < 2; ++step) {
      for (std::int64_t layer = 0; layer < 3; ++layer) {
        std::vector<double> loads;
        ASSERT_TRUE(counts->read(step, layer, loads));
        const auto expected = count_routes(*routing, setup, step, layer, 0, 4, 5);
        EXPECT_EQ(loads, std::vector<double>(expected.begin(), expected.end()));
      }
    }
  }
}

TEST(WriteTrace, SaysWhatAFormatCannotHold) {
  const std::string uneven = R"({"v":1,"experts":8,"layers":4}
{"step":0,"layer":0,"src":0,"n":1,"k":1,"ids":[[1]]}
{"step":0,"layer":1,"src":0,"n":2,"k":1,"ids":[[1],[2]]}
)";
  const auto complaint = [](const std::string& content, TraceFormat format) {
    const auto trace = open_text(content);
    TraceOutput output;
    output.path = "out";
    output.format = format;
    return error_of([&] { write_trace(*trace, output); });
  };
  EXPECT_EQ(
      complaint(uneven, TraceFormat::Vllm),
      "cannot write out: step 0: the tokens of layers 0 and 1 differ, and the format has them in common");
  std::string gap = uneven;
  gap.replace(gap.find("\"layer\":1"), 9, "\"layer\":2");
  EXPECT_EQ(complaint(gap, TraceFormat::Vllm),
            "cannot write out: 2 of the layers 0 to 2 have routes, expected all");
  EXPECT_EQ(complaint(written_trace(TraceFormat::Megatron), TraceFormat::Packed),
            "cannot write out: the trace does not say how many experts a layer has, and packed has to");
  EXPECT_FALSE(std::filesystem::exists("out"));
}

TEST(SummariseTrace, CountsTokensAndMeasuresTheLoad) {
  const auto trace = open_text(R"({"v":1,"experts":4,"layers":2}
{"step":0,"layer":0,"src":0,"n":3,"k":2,"ids":[[0,1],[0,2],[0,1]]}
{"step":0,"layer":1,"src":5,"n":0,"k":2,"ids":[]}
{"step":1,"layer":0,"src":0,"n":1,"k":2,"ids":[[0,1]]}
)");
  const TraceSummary summary = summarise_trace(*trace);
  EXPECT_EQ(summary.records, 3);
  EXPECT_EQ(summary.steps, 2);
  EXPECT_EQ(summary.sources, 2);
  EXPECT_EQ(summary.tokens, 4);
  EXPECT_EQ(summary.min_tokens, 0);
  EXPECT_EQ(summary.max_tokens, 3);
  ASSERT_EQ(summary.layers.size(), 2U);
  EXPECT_EQ(summary.layers[0].experts_seen, 3);
  EXPECT_DOUBLE_EQ(summary.layers[0].imbalance, 2.0);  // loads 4, 3, 1, 0; mean 2
  EXPECT_DOUBLE_EQ(summary.layers[0].cv, std::sqrt(10.0 / 4.0) / 2.0);
  EXPECT_EQ(summary.layers[1].routes, 0.0);
  EXPECT_EQ(summary.digest.size(), 64U);
}

TEST(SummariseTrace, HasAnotherDigestForAnotherRoute) {
  const auto digest = [](const char* row) {
    return summarise_trace(*open_text(fmt::format("{{\"v\":1,\"experts\":4,\"layers\":2}}\n{{\"step\":0,"
                                                  "\"layer\":0,\"src\":0,\"n\":1,\"k\":2,\"ids\":[{}]}}\n",
                                                  row)))
        .digest;
  };
  EXPECT_EQ(digest("[0,1]"), digest("[0, 1]"));
  EXPECT_NE(digest("[0,1]"), digest("[1,0]"));
}

}  // namespace
}  // namespace podsim::moe
