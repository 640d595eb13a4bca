// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "podsim/moe/npy.h"
#include "podsim/moe/trace_counts.h"
#include "unit/moe/trace_support.h"

// vLLM's routed_experts, and loads of experts in both of their formats.
namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
std::string npy(const std::string& type, const std::vector<std::int64_t>& shape,
                const std::vector<T>& values) {
  std::ostringstream out;
  write_npy_header(out, type, shape);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
  return out.str();
}

// Three tokens, three layers of which the first has no experts, top 2.
const std::vector<std::int16_t> kRoutes{0, 0, 1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0, 0, 9, 1, 2, 0};
const std::string kVllm = npy("<i2", {3, 3, 2}, kRoutes);

std::string vllm_with(std::size_t at, std::int16_t value) {
  std::vector<std::int16_t> routes = kRoutes;
  routes[at] = value;
  return npy("<i2", {3, 3, 2}, routes);
}

TEST(VllmTrace, HasARecordOfAllTokensForEveryLayerWithExperts) {
  const auto trace = open_text(kVllm);
  EXPECT_EQ(trace->shape().experts, 0);  // it does not say
  EXPECT_EQ(trace->shape().top_k, 2);
  EXPECT_EQ(trace->records(), 2);
  EXPECT_TRUE((trace->record(0).key == TraceKey{0, 1, 0}));
  EXPECT_THAT(rows_of(*trace, 0), ElementsAre(1, 2, 5, 6, 9, 1));
  EXPECT_THAT(rows_of(*trace, 1), ElementsAre(3, 4, 7, 8, 2, 0));
  std::vector<ExpertIndex> row(2);
  trace->read(1, 2, Span<ExpertIndex>(row));
  EXPECT_THAT(row, ElementsAre(2, 0));
  EXPECT_EQ(trace->batch(0, 0).count, 0);
  EXPECT_EQ(trace->batch(0, 2).first, 1);
}

TEST(VllmTrace, ReadsOtherIntegersToo) {
  const auto trace =
      open_text(npy("<i8", {3, 3, 2}, std::vector<std::int64_t>(kRoutes.begin(), kRoutes.end())));
  EXPECT_THAT(rows_of(*trace, 0), ElementsAre(1, 2, 5, 6, 9, 1));
}

TEST(VllmTrace, NamesTheTokenAndLayerOfWhatIsWrong) {
  const auto complaint = [](const std::string& content, std::int64_t experts = 10) {
    TraceOptions options;
    options.experts = experts;
    return error_of([&] { read_all(*open_text(content, options)); });
  };
  EXPECT_EQ(complaint(kVllm, 9), "trace: token 2, layer 1: expert 9, expected 0 to 8");
  EXPECT_EQ(complaint(vllm_with(9, -1)), "trace: token 1, layer 1: expert -1, expected 0 to 9");
  EXPECT_EQ(complaint(vllm_with(11, 7)), "trace: token 1, layer 2: expert 7 twice");
  EXPECT_EQ(complaint(npy("<i2", {3, 3, 2}, std::vector<std::int16_t>(18, 0))),
            "trace: all 3 layers are zero, which no routing is");
  EXPECT_EQ(complaint(kVllm.substr(0, kVllm.size() - 1)),
            "trace: shape (3, 3, 2) of <i2 takes 36 bytes, the file has 35 behind its header");
  EXPECT_EQ(complaint(kVllm + "x"),
            "trace: shape (3, 3, 2) of <i2 takes 36 bytes, the file has 37 behind its header");
  TraceOptions options;
  options.top_k = 8;
  EXPECT_EQ(error_of([&] { open_text(kVllm, options); }),
            "trace: routes to the top 2 experts, expected the top 8");
  options = {};
  options.format = TraceFormat::Vllm;
  EXPECT_EQ(error_of([&] {
              open_text(npy("<f4", {1, 1, 2}, std::vector<float>{0, 1}), options);
            }),
            "trace: shape (1, 1, 2) of <f4, expected integers [tokens, layers, k]");
  EXPECT_EQ(error_of([&] {
              open_text(npy("<i2", {1, 2}, std::vector<std::int16_t>{0, 1}), options);
            }),
            "trace: shape (1, 2) of <i2, expected integers [tokens, layers, k]");
  EXPECT_EQ(complaint(npy("<i2", {1, 1, 3}, std::vector<std::int16_t>{0, 1, 1}), 2),
            "trace: top 3 of 2 experts");
}

std::unique_ptr<CountReader> open_loads(const std::string& content, const TraceOptions& options = {}) {
  return open_counts(bytes_of(content, "loads"), options);
}

TEST(CountTrace, ReadsArraysOfAnyNumbers) {
  std::vector<double> loads;
  const auto whole = open_loads(npy("<i8", {2, 1, 33}, std::vector<std::int64_t>(66, 4)));
  EXPECT_EQ(whole->experts(), 33);
  EXPECT_EQ(whole->steps().size(), 2U);
  EXPECT_TRUE(whole->read(1, 0, loads));
  EXPECT_EQ(loads, std::vector<double>(33, 4.0));
  EXPECT_FALSE(whole->read(2, 0, loads));
  EXPECT_FALSE(whole->read(0, 1, loads));
  const auto one_step = open_loads(npy("<f4", {2, 2}, std::vector<float>{0.5F, 1, 2, 3}));
  EXPECT_EQ(one_step->steps().size(), 1U);
  EXPECT_TRUE(one_step->read(0, 1, loads));
  EXPECT_THAT(loads, ElementsAre(2.0, 3.0));
}

TEST(CountTrace, ReadsJsonLines) {
  const auto counts =
      open_loads("{\"step\":7,\"layer\":3,\"load\":[1,2.5]}\n{\"step\":2,\"layer\":3,\"load\":[3,4]}\n");
  EXPECT_EQ(counts->experts(), 2);
  EXPECT_EQ(counts->steps()[0], 2);
  EXPECT_EQ(counts->steps()[1], 7);
  std::vector<double> loads;
  EXPECT_TRUE(counts->read(7, 3, loads));
  EXPECT_THAT(loads, ElementsAre(1.0, 2.5));
  EXPECT_FALSE(counts->read(7, 4, loads));
}

TEST(CountTrace, NamesThePlaceOfWhatIsWrong) {
  std::vector<double> loads;
  const auto complaint = [&](const std::string& content) {
    return error_of([&] {
      const auto counts = open_loads(content);
      for (std::int64_t step : counts->steps()) {
        for (std::int64_t layer : counts->layers()) counts->read(step, layer, loads);
      }
    });
  };
  const std::string good = "{\"step\":0,\"layer\":3,\"load\":[1,2]}\n";
  EXPECT_EQ(complaint(npy("<f8", {1, 2, 2}, std::vector<double>{1, 1, 1, -2})),
            "loads: step 0, layer 1: expert 1 has the load -2, expected 0 or more");
  EXPECT_THAT(complaint(npy("<f8", {1, 1, 2}, std::vector<double>{1, std::nan("")})),
              HasSubstr("expert 1 has the load nan"));
  EXPECT_EQ(complaint(npy("<f8", {2}, std::vector<double>{1, 1})),
            "loads: shape (2,), expected [steps, layers, experts] or [layers, experts]");
  EXPECT_EQ(complaint(good + "{\"step\":1,\"layer\":3,\"load\":[1,2,3]}"),
            "loads: line 2: loads of 3 experts, expected 2 as before");
  EXPECT_EQ(complaint(good + good), "loads: line 2: step 0, layer 3 is on line 1 already");
  EXPECT_EQ(complaint(good + "{\"step\":1,\"layer\":3,\"load\":[1,-2]}"),
            "loads: line 2: expert 1 of \"load\" has the load -2, expected 0 or more");
  EXPECT_EQ(complaint(good + "{\"step\":1,\"layer\":3,\"load\":[]}"),
            "loads: line 2: \"load\" is an array of 0, expected an array of loads");
  EXPECT_THAT(complaint(good + "{\"step\":1,\"layer\":3,\"load\":[1,1e999]}"),
              HasSubstr("loads: line 2: no JSON"));
  EXPECT_EQ(complaint(good + good.substr(0, 20)),
            "loads: line 2: ends inside its JSON value after 20 bytes; was the file cut?");
  TraceOptions options;
  options.experts = 3;
  EXPECT_EQ(error_of([&] { open_loads(good, options); }),
            "loads: line 1: routes among 2 experts, expected 3");
}

TEST(RecogniseTrace, LooksAtTheContent) {
  const auto format = [](const std::string& content) { return recognise_trace(*bytes_of(content, "trace")); };
  EXPECT_EQ(format(kVllm), TraceFormat::Vllm);
  EXPECT_EQ(format(npy("<i2", {1, 2, 64}, std::vector<std::int16_t>(128, 1))), TraceFormat::CountsNpy);
  EXPECT_EQ(format(npy("<f4", {1, 1, 2}, std::vector<float>{1, 1})), TraceFormat::CountsNpy);
  EXPECT_EQ(format(npy("<i2", {2, 4}, std::vector<std::int16_t>(8, 1))), TraceFormat::CountsNpy);
  EXPECT_EQ(format(written_trace(TraceFormat::Packed)), TraceFormat::Packed);
  EXPECT_EQ(format(written_trace(TraceFormat::Canonical)), TraceFormat::Canonical);
  EXPECT_EQ(format(written_trace(TraceFormat::Megatron)), TraceFormat::Megatron);
  EXPECT_EQ(format(written_trace(TraceFormat::CountsJsonl)), TraceFormat::CountsJsonl);
  EXPECT_EQ(error_of([&] { format(""); }), "trace: an empty file, expected a routing trace");
  EXPECT_THAT(error_of([&] { format("{\"a\": 1}"); }),
              HasSubstr("trace: line 1: no header of a canonical trace"));
  EXPECT_THAT(error_of([&] { format("step,layer\n"); }),
              HasSubstr("trace: line 1: no JSON from column 1 on"));
}

TEST(OpenTrace, TellsRoutesFromLoads) {
  EXPECT_EQ(error_of([] { open_text(written_trace(TraceFormat::CountsJsonl)); }),
            "trace: counts_jsonl has loads of experts, expected the routes of tokens");
  EXPECT_EQ(error_of([] { open_loads(kVllm); }),
            "loads: vllm_npy has the routes of tokens, expected loads of experts");
}

}  // namespace
}  // namespace podsim::moe
