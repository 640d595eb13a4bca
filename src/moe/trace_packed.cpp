// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "moe/trace_packed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "moe/trace_readers.h"
#include "moe/trace_rows.h"
#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

class PackedTrace : public TraceReader {
 public:
  PackedTrace(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) : bytes_(std::move(bytes)) {
    const std::uint64_t first_batch = read_header();
    expect_shape(bytes_->name(), shape_.experts, options.experts, shape_.top_k, options.top_k);
    read_index(first_batch);
  }

  const std::string& name() const override { return bytes_->name(); }
  const TraceShape& shape() const override { return shape_; }
  Span<const std::int64_t> steps() const override { return steps_; }
  Span<const std::int64_t> layers() const override { return layers_; }
  std::int64_t records() const override { return first_record_.back(); }

  TraceRecord record(std::int64_t index) override {
    const std::size_t b = batch_of(index);
    load_sources(b);
    const PackedSource& source = sources_[static_cast<std::size_t>(index - first_record_[b])];
    return {{batches_[b].step, batches_[b].layer, source.source}, source.tokens};
  }

  TraceBatch batch(std::int64_t step, std::int64_t layer) override {
    const auto found =
        std::lower_bound(batches_.begin(), batches_.end(), std::pair(step, layer),
                         [](const PackedBatch& b, const std::pair<std::int64_t, std::int64_t>& key) {
                           return std::pair<std::int64_t, std::int64_t>(b.step, b.layer) < key;
                         });
    if (found == batches_.end() || found->step != step || found->layer != layer) return {};
    const auto b = static_cast<std::size_t>(found - batches_.begin());
    return {first_record_[b], first_record_[b + 1] - first_record_[b]};
  }

  void read(std::int64_t index, std::int64_t first_row, Span<ExpertIndex> experts) override {
    const std::size_t b = batch_of(index);
    load_sources(b);
    const auto i = static_cast<std::size_t>(index - first_record_[b]);
    const auto width = static_cast<std::size_t>(shape_.top_k);
    const std::size_t rows = sources_[i].tokens;
    block_.resize(rows * width * sizeof(ExpertIndex) + sizeof(std::uint32_t));
    bytes_->read(offsets_[i], block_.data(), block_.size());
    expect_crc(block_, [&] { return record_place(index); });
    const std::size_t first = static_cast<std::size_t>(first_row) * width;
    PODSIM_CHECK(first + experts.size() <= rows * width, "{} experts from {} of {}", experts.size(), first,
                 rows * width);
    // All rows are checked, whichever are asked for, so that an error does not depend on who reads.
    rows_.resize(rows * width);
    std::memcpy(rows_.data(), block_.data(), block_.size() - sizeof(std::uint32_t));
    take_rows(
        rows_.data(), rows, width, shape_.experts,
        [&](std::size_t row) { return fmt::format("{}: token {}", record_place(index), row); }, rows_.data());
    std::copy_n(rows_.data() + first, experts.size(), experts.begin());
  }

 private:
  template <class T>
  T read_struct(std::uint64_t offset) {
    T value{};
    bytes_->read(offset, &value, sizeof value);
    return value;
  }

  // The last four bytes of `block` are the checksum of the others.
  template <class Place>
  void expect_crc(const std::string& block, const Place& place) const {
    std::uint32_t stored = 0;
    const std::size_t size = block.size() - sizeof stored;
    std::memcpy(&stored, block.data() + size, sizeof stored);
    const std::uint32_t found = packed_crc(block.data(), size);
    if (found != stored) {
      throw ConfigError(
          fmt::format("{}: checksum {:08x}, expected {:08x}; the file is damaged", place(), found, stored));
    }
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError(fmt::format("{}: {}", bytes_->name(), message));
  }

  // Returns where the first batch begins.
  std::uint64_t read_header() {
    const std::uint64_t size = bytes_->size();
    if (size < sizeof(PackedHeader)) fail(fmt::format("{} bytes are no packed routing trace", size));
    const auto header = read_struct<PackedHeader>(0);
    if (header.magic != kPackedMagic) fail("no packed routing trace, which begins with PODROUTE");
    if (header.version != kPackedVersion)
      fail(fmt::format("format version {}, expected {}", header.version, kPackedVersion));
    if (header.name_bytes > kPackedLongestName) {
      fail(fmt::format("a model name of {} bytes, expected at most {}", header.name_bytes,
                       kPackedLongestName));
    }
    std::string block(sizeof header + header.name_bytes + sizeof(std::uint32_t), '\0');
    bytes_->read(0, block.data(), block.size());
    expect_crc(block, [&] { return bytes_->name() + ": header"; });
    shape_.model = block.substr(sizeof header, header.name_bytes);
    shape_.experts = header.experts;
    shape_.top_k = header.top_k;
    if (shape_.experts < 1 || shape_.experts > kMostExperts) {
      fail(fmt::format("{} experts, expected 1 to {}", shape_.experts, kMostExperts));
    }
    if (shape_.top_k < 1 || shape_.top_k > shape_.experts) {
      fail(fmt::format("top {} of {} experts", shape_.top_k, shape_.experts));
    }
    return block.size();
  }

  void read_index(std::uint64_t first_batch) {
    const std::uint64_t size = bytes_->size();
    const bool has_end =
        size >= first_batch + kPackedTail && read_struct<PackedMark>(size - sizeof(PackedMark)) == kPackedEnd;
    if (!has_end) fail("the end of the trace is missing; was the file cut, or its writing stopped?");
    const auto trailer = read_struct<PackedTrailer>(size - kPackedTail);
    const std::uint64_t index_bytes = size - kPackedTail - std::min(trailer.index_offset, size - kPackedTail);
    if (trailer.index_offset < first_batch || index_bytes % sizeof(PackedBatch) != 0 ||
        index_bytes / sizeof(PackedBatch) != trailer.batches || trailer.batches == 0) {
      fail(fmt::format("an index of {} batches at byte {} does not fit a file of {} bytes", trailer.batches,
                       trailer.index_offset, size));
    }
    std::string block(index_bytes + sizeof trailer + sizeof(std::uint32_t), '\0');
    bytes_->read(trailer.index_offset, block.data(), block.size());
    expect_crc(block, [&] { return bytes_->name() + ": index"; });
    batches_.resize(trailer.batches);
    std::memcpy(batches_.data(), block.data(), index_bytes);
    check_index(first_batch, trailer);
    end_of_batches_ = trailer.index_offset;
  }

  void check_index(std::uint64_t first_batch, const PackedTrailer& trailer) {
    if (batches_.back().offset >= trailer.index_offset)
      fail("the last batch of the index lies behind the batches");
    first_record_.push_back(0);
    for (std::size_t b = 0; b < batches_.size(); ++b) {
      const PackedBatch& batch = batches_[b];
      const bool ordered = b == 0 ? batch.offset == first_batch && batch.step >= 0
                                  : batch.offset > batches_[b - 1].offset &&
                                        std::pair(batches_[b - 1].step, batches_[b - 1].layer) <
                                            std::pair(batch.step, batch.layer);
      if (!ordered || batch.records == 0)
        fail(fmt::format("batch {} of the index is out of order or empty", b));
      first_record_.push_back(first_record_.back() + batch.records);
      if (steps_.empty() || steps_.back() != batch.step) steps_.push_back(batch.step);
      layers_.push_back(batch.layer);
    }
    if (static_cast<std::uint64_t>(first_record_.back()) != trailer.records) {
      fail(fmt::format("the index counts {} records, the trailer {}", first_record_.back(), trailer.records));
    }
    std::sort(layers_.begin(), layers_.end());
    layers_.erase(std::unique(layers_.begin(), layers_.end()), layers_.end());
  }

  std::size_t batch_of(std::int64_t index) const {
    PODSIM_CHECK(index >= 0 && index < records(), "record {} of {}", index, records());
    return static_cast<std::size_t>(std::upper_bound(first_record_.begin(), first_record_.end(), index) -
                                    first_record_.begin()) -
           1;
  }

  // Brings the sources of a batch and the offsets of their rows into memory.
  void load_sources(std::size_t b) {
    if (loaded_ == static_cast<std::int64_t>(b)) return;
    loaded_ = -1;
    const PackedBatch& batch = batches_[b];
    const std::uint64_t end = b + 1 < batches_.size() ? batches_[b + 1].offset : end_of_batches_;
    const auto place = [&] {
      return fmt::format("{}: batch {} (step {}, layer {})", bytes_->name(), b, batch.step, batch.layer);
    };
    const std::uint64_t table = std::uint64_t{batch.records} * sizeof(PackedSource) + sizeof(std::uint32_t);
    if (table > end - batch.offset) {
      throw ConfigError(
          fmt::format("{}: {} records do not fit its {} bytes", place(), batch.records, end - batch.offset));
    }
    block_.resize(table);
    bytes_->read(batch.offset, block_.data(), block_.size());
    expect_crc(block_, place);
    sources_.resize(batch.records);
    std::memcpy(sources_.data(), block_.data(), table - sizeof(std::uint32_t));
    offsets_.resize(batch.records);
    std::uint64_t at = batch.offset + table;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (i > 0 && sources_[i].source <= sources_[i - 1].source) {
        throw ConfigError(fmt::format("{}: source {} after source {}", place(), sources_[i].source,
                                      sources_[i - 1].source));
      }
      offsets_[i] = at;
      at +=
          std::uint64_t{sources_[i].tokens} * static_cast<std::uint64_t>(shape_.top_k) * sizeof(ExpertIndex) +
          sizeof(std::uint32_t);
      if (at > end) break;
    }
    if (at != end)
      throw ConfigError(fmt::format("{}: its records end at byte {}, expected {}", place(), at, end));
    loaded_ = static_cast<std::int64_t>(b);
  }

  std::string record_place(std::int64_t index) {
    const TraceKey key = record(index).key;
    return fmt::format("{}: record {} (step {}, layer {}, source {})", bytes_->name(), index, key.step,
                       key.layer, key.source);
  }

  std::unique_ptr<ByteSource> bytes_;
  TraceShape shape_;
  std::vector<PackedBatch> batches_;
  std::vector<std::int64_t> first_record_;  // of each batch, and records() at the end
  std::uint64_t end_of_batches_ = 0;
  std::vector<std::int64_t> steps_;
  std::vector<std::int64_t> layers_;
  std::int64_t loaded_ = -1;  // the batch of the next two
  std::vector<PackedSource> sources_;
  std::vector<std::uint64_t> offsets_;  // of the rows of each record
  std::string block_;
  std::vector<ExpertIndex> rows_;
};

}  // namespace

std::unique_ptr<TraceReader> open_packed(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) {
  return std::make_unique<PackedTrace>(std::move(bytes), options);
}

}  // namespace podsim::moe
