// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/moe/trace_support.h"

// The two kinds of JSON-lines traces: our canonical one and Megatron-core's.
namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHeader = R"({"v":1,"model":"small","experts":8,"layers":4,"ep":2})"
                            "\n";
const std::string kRecord =
    R"({"v":1,"step":0,"phase":"decode","layer":3,"src":1,"n":2,"k":2,"ids":[[0,7],[3,1]]})"
    "\n";

// What is said about a canonical trace with `record` in its second line.
std::string complaint(const std::string& record) {
  return error_of([&] { open_text(kHeader + record); });
}

// The record above with one key replaced.
std::string record_with(const std::string& key, const std::string& value) {
  nlohmann::json record = nlohmann::json::parse(kRecord);
  record[key] = nlohmann::json::parse(value);
  return record.dump();
}

TEST(CanonicalTrace, ReadsRecordsInOrderOfTheirKeysWhateverTheOrderOfLines) {
  const auto trace = open_text(kHeader +
                               R"({"step":1,"layer":0,"src":0,"n":1,"k":2,"ids":[[5,4]],"w":[[0.5,0.5]]})"
                               "\n" +
                               kRecord + R"({"step":0,"layer":3,"src":0,"n":0,"k":2,"ids":[]})");
  EXPECT_EQ(trace->shape().model, "small");
  EXPECT_EQ(trace->shape().experts, 8);
  EXPECT_EQ(trace->shape().top_k, 2);
  EXPECT_EQ(trace->records(), 3);
  EXPECT_EQ(trace->record(0).tokens, 0);
  EXPECT_TRUE((trace->record(1).key == TraceKey{0, 3, 1}));
  EXPECT_THAT(rows_of(*trace, 1), ElementsAre(0, 7, 3, 1));
  EXPECT_THAT(rows_of(*trace, 2), ElementsAre(5, 4));
  EXPECT_EQ(trace->batch(0, 3).count, 2);
  EXPECT_EQ(trace->batch(0, 2).count, 0);
  EXPECT_EQ(trace->batch(1, 0).first, 2);
}

TEST(CanonicalTrace, ReadsAPartOfARecord) {
  const auto trace = open_text(kHeader + kRecord);
  std::vector<ExpertIndex> row(2);
  trace->read(0, 1, Span<ExpertIndex>(row));
  EXPECT_THAT(row, ElementsAre(3, 1));
}

TEST(CanonicalTrace, NamesTheLineOfWhatIsWrong) {
  EXPECT_EQ(complaint(record_with("ids", "[[0,8],[3,1]]")),
            "trace: line 2: row 0 of \"ids\": expert 8, expected 0 to 7");
  EXPECT_EQ(complaint(record_with("ids", "[[0,7],[-1,1]]")),
            "trace: line 2: row 1 of \"ids\": expert -1, expected 0 to 7");
  EXPECT_EQ(complaint(record_with("ids", "[[0,7],[3,3]]")),
            "trace: line 2: row 1 of \"ids\": expert 3 twice");
  EXPECT_EQ(complaint(record_with("ids", "[[0,7],[3]]")),
            "trace: line 2: row 1 of \"ids\" is an array of 1, expected an array of 2");
  EXPECT_EQ(complaint(record_with("ids", "[[0,7]]")), "trace: line 2: \"ids\" has 1 rows, expected 2");
  EXPECT_EQ(complaint(record_with("ids", "[[0,7],[3,1.5]]")),
            "trace: line 2: row 1 of \"ids\": expert 1.5, expected 0 to 7");
  EXPECT_EQ(complaint(record_with("ids", "[[0,7],[3,18446744073709551615]]")),
            "trace: line 2: row 1 of \"ids\": expert 18446744073709551615, expected 0 to 7");
  EXPECT_EQ(complaint(record_with("ids", "7")), "trace: line 2: \"ids\" is 7, expected an array of rows");
  EXPECT_EQ(complaint(record_with("w", "[[0.5,0.5]]")), "trace: line 2: \"w\" has 1 rows, expected 2");
  EXPECT_EQ(complaint(record_with("w", R"([[0.5,0.5],[1,"x"]])")),
            "trace: line 2: row 1 of \"w\" has \"x\", expected numbers");
  EXPECT_EQ(complaint(record_with("layer", "4")),
            "trace: line 2: \"layer\" is 4, expected a whole number from 0 to 3");
  EXPECT_EQ(complaint(record_with("src", "2")),
            "trace: line 2: \"src\" is 2, expected a whole number from 0 to 1");
  EXPECT_THAT(complaint(record_with("step", "-1")),
              HasSubstr("trace: line 2: \"step\" is -1, expected a whole number from 0"));
  EXPECT_THAT(complaint(record_with("n", "\"2\"")),
              HasSubstr("trace: line 2: \"n\" is \"2\", expected a whole number"));
  EXPECT_EQ(complaint(record_with("v", "2")),
            "trace: line 2: \"v\" is 2, expected a whole number from 1 to 1");
  EXPECT_EQ(complaint(record_with("phase", "1")), "trace: line 2: \"phase\" is 1, expected a string");
  EXPECT_EQ(complaint(record_with("phse", "1")), "trace: line 2: unknown key \"phse\"; nearest is \"phase\"");
  EXPECT_EQ(complaint(R"({"step":0})"), "trace: line 2: no key \"layer\"");
  EXPECT_EQ(complaint(kRecord + kRecord), "trace: line 3: step 0, layer 3, source 1 is on line 2 already");
  EXPECT_EQ(complaint(kRecord + R"({"step":1,"layer":3,"src":1,"n":1,"k":3,"ids":[[0,1,2]]})"),
            "trace: line 3: \"k\" is 3, expected 2 as before");
}

TEST(CanonicalTrace, NoticesAFileThatWasCut) {
  EXPECT_EQ(complaint(kRecord.substr(0, 50)),
            "trace: line 2: ends inside its JSON value after 50 bytes; was the file cut?");
  EXPECT_EQ(complaint(""), "trace: no routing records");
  const std::string counted = R"({"v":1,"experts":8,"layers":4,"records":2})"
                              "\n";
  EXPECT_EQ(error_of([&] { open_text(counted + kRecord); }),
            "trace: 1 records, the header says 2; was the file cut?");
}

TEST(CanonicalTrace, WantsJsonObjectsInLines) {
  EXPECT_EQ(complaint("[1]"), "trace: line 2: an array of 1, expected a JSON object");
  EXPECT_EQ(complaint("{\"step\": 0,, }"), "trace: line 2: no JSON from column 12 on");
  EXPECT_EQ(complaint("{\"step\": 0} {}"), "trace: line 2: no JSON from column 13 on");
  EXPECT_THAT(complaint("\n" + kRecord), HasSubstr("trace: line 2: "));
  EXPECT_THAT(complaint("{\"phase\": \"\xff\"}"), HasSubstr("trace: line 2: no JSON from column"));
  EXPECT_THAT(complaint(std::string(100'000, '[')), HasSubstr("trace: line 2: ends inside its JSON value"));
}

TEST(CanonicalTrace, WantsAHeaderThatAgreesWithItsReader) {
  TraceOptions options;
  options.experts = 16;
  EXPECT_EQ(error_of([&] { open_text(kHeader + kRecord, options); }),
            "trace: routes among 8 experts, expected 16");
  options.experts = 8;
  options.top_k = 6;
  EXPECT_EQ(error_of([&] { open_text(kHeader + kRecord, options); }),
            "trace: line 2: routes to the top 2 experts, expected the top 6");
  options.format = TraceFormat::Canonical;
  EXPECT_EQ(error_of([&] { open_text(kRecord, options); }),
            "trace: line 1: no key \"experts\"; the first line is the header");
  EXPECT_THAT(error_of([] { open_text(R"({"v":1,"experts":70000,"layers":4})"); }),
              HasSubstr("from 1 to 65536"));
}

TEST(CanonicalTrace, RefusesALineTooLongToBeOne) {
  std::string line = kHeader + "{\"phase\": \"";
  line.resize(LineReader::kLongestLine + (std::size_t{1} << 20U), 'x');
  EXPECT_EQ(error_of([&] { open_text(line); }), "trace: line 2 is longer than 67108864 bytes");
}

const std::string kMegatron =
    R"({"step":10,"stage":0,"block":1,"layer":4,"rank":0,"num_tokens":1,"topk":2,"top_indices":[[9,2]]})"
    "\n"
    R"({"step":10,"stage":0,"block":1,"layer":4,"rank":1,"num_tokens":1,"topk":2,"top_indices":[[5,6]],"mtp_idx":null})"
    "\n"
    R"({"step":10,"stage":0,"block":2,"layer":4,"rank":0,"num_tokens":2,"topk":2,"top_indices":[[1,2],[3,4]]})"
    "\n"
    R"({"step":10,"stage":0,"block":1,"layer":4,"rank":0,"num_tokens":1,"topk":2,"top_indices":[[7,8]],"mtp_idx":0})"
    "\n";

TEST(MegatronTrace, JoinsTheLinesOfAStepLayerAndRankAndSkipsTokenPrediction) {
  const auto trace = open_text(kMegatron);
  EXPECT_EQ(trace->records(), 2);
  EXPECT_EQ(trace->shape().experts, 0);  // it does not say
  EXPECT_EQ(trace->shape().top_k, 2);
  EXPECT_TRUE((trace->record(0).key == TraceKey{10, 4, 0}));
  EXPECT_THAT(rows_of(*trace, 0), ElementsAre(9, 2, 1, 2, 3, 4));
  EXPECT_THAT(rows_of(*trace, 1), ElementsAre(5, 6));
  std::vector<ExpertIndex> part(4);
  trace->read(0, 1, Span<ExpertIndex>(part));
  EXPECT_THAT(part, ElementsAre(1, 2, 3, 4));
}

TEST(MegatronTrace, IsHeldToTheModelsNumberOfExperts) {
  TraceOptions options;
  options.experts = 9;
  EXPECT_EQ(error_of([&] { open_text(kMegatron, options); }),
            "trace: line 1: row 0 of \"top_indices\": expert 9, expected 0 to 8");
}

TEST(MegatronTrace, NamesTheLineOfWhatIsWrong) {
  const auto complaint_with = [](const std::string& key, const std::string& value) {
    nlohmann::json record = nlohmann::json::parse(kMegatron.substr(0, kMegatron.find('\n')));
    record[key] = nlohmann::json::parse(value);
    return error_of([&] { open_text(kMegatron + record.dump()); });
  };
  EXPECT_EQ(complaint_with("num_tokens", "2"), "trace: line 5: \"top_indices\" has 1 rows, expected 2");
  EXPECT_EQ(complaint_with("topk", "3"), "trace: line 5: \"topk\" is 3, expected 2 as before");
  EXPECT_EQ(complaint_with("top_indices", "[[1,1]]"),
            "trace: line 5: row 0 of \"top_indices\": expert 1 twice");
  EXPECT_EQ(complaint_with("top_indices", "[[1,65536]]"),
            "trace: line 5: row 0 of \"top_indices\": expert 65536, expected 0 to 65535");
  EXPECT_THAT(complaint_with("rank", "-1"), HasSubstr("trace: line 5: \"rank\" is -1"));
}

}  // namespace
}  // namespace podsim::moe
