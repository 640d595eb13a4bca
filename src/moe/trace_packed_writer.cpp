// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>
#include <ostream>
#include <vector>

#include "moe/trace_packed.h"
#include "moe/trace_readers.h"
#include "moe/trace_write.h"
#include "podsim/base/error.h"
#include "podsim/stats/file.h"

namespace podsim::moe {
namespace {

class PackedWriter {
 public:
  PackedWriter(TraceReader& trace, const TraceOutput& output)
      : trace_(trace), output_(output), file_(output.path) {}

  void write() {
    write_header();
    std::int64_t batch_end = 0;
    for_each_record(trace_, output_, [&](const TraceRecord& record, Span<const ExpertIndex> rows) {
      if (written_ == batch_end) batch_end += begin_batch(record.key);
      put_with_crc(rows.data(), rows.size() * sizeof(ExpertIndex));
      ++written_;
    });
    write_index();
    file_.commit();
  }

 private:
  void put(const void* data, std::size_t size) {
    file_.stream().write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    at_ += size;
  }
  void put_with_crc(const void* data, std::size_t size) {
    const std::uint32_t crc = packed_crc(data, size);
    put(data, size);
    put(&crc, sizeof crc);
  }
  std::uint32_t narrow(std::int64_t value, const char* what) const {
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
      throw ConfigError(
          fmt::format("cannot write {}: {} {} does not fit in 32 bits", output_.path, what, value));
    }
    return static_cast<std::uint32_t>(value);
  }

  void write_header() {
    const TraceShape& shape = trace_.shape();
    PackedHeader header{};
    header.magic = kPackedMagic;
    header.version = kPackedVersion;
    header.experts = narrow(shape.experts, "the number of experts");
    header.top_k = narrow(shape.top_k, "k");
    const std::string model = shape.model.substr(0, kPackedLongestName);
    header.name_bytes = static_cast<std::uint32_t>(model.size());
    std::string block(reinterpret_cast<const char*>(&header), sizeof header);
    block += model;
    put_with_crc(block.data(), block.size());
  }

  // Returns the number of its records.
  std::int64_t begin_batch(const TraceKey& key) {
    const TraceBatch batch = trace_.batch(key.step, key.layer);
    batches_.push_back(
        {key.step, narrow(key.layer, "layer"), narrow(batch.count, "the number of records"), at_});
    std::vector<PackedSource> sources;
    for (std::int64_t i = batch.first; i < batch.first + batch.count; ++i) {
      const TraceRecord record = trace_.record(i);
      sources.push_back({narrow(record.key.source, "source"), narrow(record.tokens, "the number of tokens")});
    }
    put_with_crc(sources.data(), sources.size() * sizeof(PackedSource));
    return batch.count;
  }

  void write_index() {
    const PackedTrailer trailer{at_, batches_.size(), static_cast<std::uint64_t>(written_)};
    const std::uint32_t crc = packed_crc(&trailer, sizeof trailer,
                                         packed_crc(batches_.data(), batches_.size() * sizeof(PackedBatch)));
    put(batches_.data(), batches_.size() * sizeof(PackedBatch));
    put(&trailer, sizeof trailer);
    put(&crc, sizeof crc);
    put(kPackedEnd.data(), kPackedEnd.size());
  }

  TraceReader& trace_;
  const TraceOutput& output_;
  stats::AtomicFile file_;
  std::uint64_t at_ = 0;
  std::int64_t written_ = 0;
  std::vector<PackedBatch> batches_;
};

}  // namespace

void write_packed(TraceReader& trace, const TraceOutput& output) {
  PackedWriter(trace, output).write();
}

}  // namespace podsim::moe
