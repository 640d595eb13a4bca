// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "moe/trace_packed.h"

#include <gmock/gmock.h>

#include <cstring>

#include "unit/moe/trace_support.h"

namespace podsim::moe {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Says how much of it was read.
class CountedBytes : public ByteSource {
 public:
  CountedBytes(std::string content, std::uint64_t& read)
      : ByteSource("trace"), content_(std::move(content)), read_(read) {}
  std::uint64_t size() const override { return content_.size(); }

 private:
  void read_inside(std::uint64_t offset, void* into, std::size_t size) override {
    read_ += size;
    std::memcpy(into, content_.data() + offset, size);
  }
  std::string content_;
  std::uint64_t& read_;
};

const std::string& packed() {
  static const std::string content = written_trace(TraceFormat::Packed);
  return content;
}

template <class T>
T at(const std::string& content, std::size_t offset) {
  T value;
  std::memcpy(&value, content.data() + offset, sizeof value);
  return value;
}

// `content` with a value at an offset and the checksum of the `size` bytes from `first` on made right again.
template <class T>
std::string patched(std::string content, std::size_t offset, T value, std::size_t first, std::size_t size) {
  std::memcpy(content.data() + offset, &value, sizeof value);
  const std::uint32_t crc = packed_crc(content.data() + first, size);
  std::memcpy(content.data() + first + size, &crc, sizeof crc);
  return content;
}

constexpr std::size_t kHeaderBytes = sizeof(PackedHeader) + 5;  // "small"
constexpr std::size_t kFirstBatch = kHeaderBytes + 4;
constexpr std::size_t kTable = 4 * sizeof(PackedSource);  // four sources
constexpr std::size_t kFirstRows = kFirstBatch + kTable + 4;
constexpr std::size_t kRows = 5 * 3 * 2;  // five tokens, top 3

std::string header_with(std::size_t offset, std::uint32_t value) {
  return patched(packed(), offset, value, 0, kHeaderBytes);
}
std::string sources_with(std::size_t offset, std::uint32_t value) {
  return patched(packed(), kFirstBatch + offset, value, kFirstBatch, kTable);
}
template <class T>
std::string index_with(std::size_t offset, T value) {
  const std::size_t first = packed().size() - kPackedTail - 6 * sizeof(PackedBatch);
  return patched(packed(), first + offset, value, first, 6 * sizeof(PackedBatch) + sizeof(PackedTrailer));
}

std::string complaint(const std::string& content) {
  return error_of([&] { read_all(*open_text(content)); });
}

TEST(PackedTrace, ReadsWhatWasWritten) {
  const RoutingSetup setup = small_setup();
  const auto routing = make_routing(UniformRouting{}, setup);
  RoutedTrace original(*routing, setup, "small", 2, 3);
  const auto trace = open_text(packed());
  EXPECT_EQ(trace->shape().model, "small");
  EXPECT_EQ(trace->shape().experts, 16);
  EXPECT_EQ(trace->shape().top_k, 3);
  ASSERT_EQ(trace->records(), original.records());
  for (std::int64_t i = trace->records() - 1; i >= 0; --i) {  // from behind: any order will do
    EXPECT_TRUE(trace->record(i).key == original.record(i).key);
    EXPECT_EQ(rows_of(*trace, i), rows_of(original, i));
  }
}

// 64 steps of 8 layers and 32 sources: 16,384 records. Opening reads the index, a record its batch's sources
// and its own rows.
TEST(PackedTrace, ReadsNoMoreOfTheFileThanItIsAskedFor) {
  RoutingSetup setup = small_setup();
  setup.sources = 32;
  const auto routing = make_routing(UniformRouting{}, setup);
  RoutedTrace original(*routing, setup, "small", 64, 8);
  const TemporaryFile file("big");
  TraceOutput output;
  output.path = file.path();
  write_trace(original, output);
  std::uint64_t bytes_read = 0;
  const std::string content = file.content();
  ASSERT_GT(content.size(), 600'000U);
  const auto trace = open_trace(std::make_unique<CountedBytes>(content, bytes_read));
  EXPECT_LT(bytes_read, 64U * 8U * sizeof(PackedBatch) + 256U);
  bytes_read = 0;
  EXPECT_EQ(rows_of(*trace, 9'999), rows_of(original, 9'999));
  EXPECT_LT(bytes_read, 32U * sizeof(PackedSource) + kRows + 16U);
  bytes_read = 0;
  EXPECT_EQ(rows_of(*trace, 9'998), rows_of(original, 9'998));  // the same batch
  EXPECT_EQ(bytes_read, kRows + 4U);
}

TEST(PackedTrace, NoticesEveryByteThatWasChanged) {
  for (std::size_t offset = 0; offset < packed().size(); ++offset) {
    std::string damaged = packed();
    damaged[offset] = static_cast<char>(damaged[offset] ^ 0x10);
    EXPECT_NE(complaint(damaged), "no error") << "byte " << offset;
  }
}

TEST(PackedTrace, NoticesEveryPlaceWhereItWasCut) {
  for (std::size_t size = 0; size < packed().size(); ++size)
    EXPECT_NE(complaint(packed().substr(0, size)), "no error") << size;
  EXPECT_EQ(complaint(packed().substr(0, packed().size() - 1)),
            "trace: the end of the trace is missing; was the file cut, or its writing stopped?");
  EXPECT_EQ(complaint(packed() + "\n"),
            "trace: the end of the trace is missing; was the file cut, or its writing stopped?");
}

TEST(PackedTrace, NamesTheRecordThatIsDamaged) {
  std::string damaged = packed();
  damaged[kFirstRows + kRows + 4 + 3] ^= 1;
  EXPECT_THAT(complaint(damaged), StartsWith("trace: record 1 (step 0, layer 0, source 1): checksum "));
}

TEST(PackedTrace, RefusesAHeaderThatCannotBe) {
  EXPECT_EQ(complaint(header_with(8, 2)), "trace: format version 2, expected 1");
  EXPECT_EQ(complaint(header_with(12, 0)), "trace: 0 experts, expected 1 to 65536");
  EXPECT_EQ(complaint(header_with(12, 65'537)), "trace: 65537 experts, expected 1 to 65536");
  EXPECT_EQ(complaint(header_with(16, 0)), "trace: top 0 of 16 experts");
  EXPECT_EQ(complaint(header_with(16, 17)), "trace: top 17 of 16 experts");
  EXPECT_EQ(complaint(header_with(20, 4'097)), "trace: a model name of 4097 bytes, expected at most 4096");
  EXPECT_THAT(complaint(std::string("PODROUTE\1")), HasSubstr("9 bytes are no packed routing trace"));
}

TEST(PackedTrace, RefusesRowsThatLieWithARightChecksum) {
  const auto row_with = [](std::size_t route, ExpertIndex expert) {
    return patched(packed(), kFirstRows + 2 * route, expert, kFirstRows, kRows);
  };
  EXPECT_EQ(complaint(row_with(4, 16)),
            "trace: record 0 (step 0, layer 0, source 0): token 1: expert 16, expected 0 to 15");
  const auto first = at<ExpertIndex>(packed(), kFirstRows);
  EXPECT_EQ(complaint(row_with(1, first)),
            fmt::format("trace: record 0 (step 0, layer 0, source 0): token 0: expert {} twice", first));
}

TEST(PackedTrace, RefusesSourcesThatLieWithARightChecksum) {
  EXPECT_EQ(complaint(sources_with(8, 0)), "trace: batch 0 (step 0, layer 0): source 0 after source 0");
  EXPECT_THAT(complaint(sources_with(4, 6)),
              StartsWith("trace: batch 0 (step 0, layer 0): its records end at byte"));
  EXPECT_THAT(complaint(sources_with(4, 0xFFFFFFFF)),
              StartsWith("trace: batch 0 (step 0, layer 0): its records end at byte"));
}

TEST(PackedTrace, RefusesAnIndexThatLiesWithARightChecksum) {
  const std::size_t trailer = 6 * sizeof(PackedBatch);
  EXPECT_EQ(complaint(index_with<std::int64_t>(0, 9)),
            "trace: batch 1 of the index is out of order or empty");
  EXPECT_EQ(complaint(index_with<std::int64_t>(0, -1)),
            "trace: batch 0 of the index is out of order or empty");
  EXPECT_EQ(complaint(index_with<std::uint32_t>(sizeof(PackedBatch) + 8, 0)),
            "trace: batch 1 of the index is out of order or empty");
  EXPECT_EQ(complaint(index_with<std::uint64_t>(16, 40)),
            "trace: batch 0 of the index is out of order or empty");
  EXPECT_EQ(complaint(index_with<std::uint32_t>(12, 0)),
            "trace: batch 0 of the index is out of order or empty");
  EXPECT_EQ(complaint(index_with<std::uint32_t>(12, 5)),
            "trace: the index counts 25 records, the trailer 24");
  EXPECT_EQ(complaint(index_with<std::uint64_t>(5 * sizeof(PackedBatch) + 16, 1U << 30U)),
            "trace: the last batch of the index lies behind the batches");
  EXPECT_THAT(complaint(index_with<std::uint64_t>(trailer + 8, 7)),
              HasSubstr("an index of 7 batches at byte"));
  EXPECT_THAT(complaint(index_with<std::uint64_t>(trailer, ~std::uint64_t{0})),
              HasSubstr("does not fit a file of"));
}

TEST(PackedTrace, IsOfTheShapeThatItsReaderHas) {
  TraceOptions options;
  options.experts = 384;
  EXPECT_EQ(error_of([&] { open_text(packed(), options); }), "trace: routes among 16 experts, expected 384");
  options.experts = 16;
  options.top_k = 6;
  EXPECT_EQ(error_of([&] { open_text(packed(), options); }),
            "trace: routes to the top 3 experts, expected the top 6");
}

TEST(PackedTrace, LeavesNoFileWhenItsWritingStops) {
  const RoutingSetup setup = small_setup();
  const auto routing = make_routing(UniformRouting{}, setup);
  RoutedTrace trace(*routing, setup, "small", 2, 3);
  const TemporaryFile file("stopped");
  TraceOutput output;
  output.path = file.path();
  output.on_batch = [](std::int64_t done, std::int64_t records) {
    EXPECT_EQ(records, 24);
    if (done == 12) throw ConfigError("enough");
  };
  EXPECT_EQ(error_of([&] { write_trace(trace, output); }), "enough");
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

}  // namespace
}  // namespace podsim::moe
