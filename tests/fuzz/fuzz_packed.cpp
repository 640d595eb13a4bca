// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Packed traces: whatever the bytes, checked records or a ConfigError. An input is tried as it is, and once
// more with its checksums made right, or nothing behind them would ever be reached.
#include <cstring>

#include "../../src/moe/trace_packed.h"
#include "trace_reading.h"

namespace {

using namespace podsim::moe;

template <class T>
T at(const std::string& content, std::size_t offset) {
  T value;
  std::memcpy(&value, content.data() + offset, sizeof value);
  return value;
}

// Puts the checksum of [first, first + size) behind it, where there is room.
void seal(std::string& content, std::uint64_t first, std::uint64_t size) {
  if (first > content.size() || size + sizeof(std::uint32_t) > content.size() - first) return;
  const std::uint32_t crc = packed_crc(content.data() + first, size);
  std::memcpy(content.data() + first + size, &crc, sizeof crc);
}

void seal_batch(std::string& content, const PackedBatch& batch, std::uint64_t top_k) {
  const std::uint64_t table = std::uint64_t{batch.records} * sizeof(PackedSource);
  std::uint64_t rows = batch.offset + table + sizeof(std::uint32_t);
  if (batch.offset > content.size() || rows > content.size()) return;
  seal(content, batch.offset, table);
  for (std::uint32_t i = 0; i < batch.records && rows < content.size(); ++i) {
    const auto source = at<PackedSource>(content, batch.offset + i * sizeof(PackedSource));
    const std::uint64_t size = source.tokens * top_k * sizeof(ExpertIndex);
    seal(content, rows, size);
    rows += size + sizeof(std::uint32_t);
  }
}

std::string sealed(std::string content) {
  if (content.size() < sizeof(PackedHeader) + kPackedTail) return content;
  std::memcpy(content.data(), kPackedMagic.data(), kPackedMagic.size());
  std::memcpy(content.data() + content.size() - kPackedEnd.size(), kPackedEnd.data(), kPackedEnd.size());
  const auto header = at<PackedHeader>(content, 0);
  seal(content, 0, sizeof header + std::uint64_t{header.name_bytes});
  const std::uint64_t trailer_at = content.size() - kPackedTail;
  const auto trailer = at<PackedTrailer>(content, trailer_at);
  if (trailer.index_offset > trailer_at) return content;
  for (std::uint64_t b = trailer.index_offset; b + sizeof(PackedBatch) <= trailer_at;
       b += sizeof(PackedBatch)) {
    seal_batch(content, at<PackedBatch>(content, b), header.top_k);
  }
  seal(content, trailer.index_offset, trailer_at - trailer.index_offset + sizeof(PackedTrailer));
  return content;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  read_tokens(content, TraceFormat::Packed);
  read_tokens(sealed(content), TraceFormat::Packed);
  return 0;
}
