// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zlib.h>

#include <array>
#include <cstddef>
#include <cstdint>

// Our packed binary trace. Little-endian; every part ends in its CRC-32 (zlib's). A writer needs no seeking;
// a reader keeps 24 bytes per step and layer and the sources of one of them.
//
//   header   PackedHeader, the model's name, u32 crc of both
//   batch    per step and layer, ascending: PackedSource per record, ascending by source; u32 crc of these;
//   then
//            per record u16 experts[tokens][top_k], u32 crc
//   index    PackedBatch per batch; PackedTrailer; u32 crc of both; "PREnd" filled with zeros to 8 bytes
//
// The trailer stands at the end of the file, so that one cut short is noticed at once.
namespace podsim::moe {

using PackedMark = std::array<char, 8>;
constexpr PackedMark kPackedMagic{'P', 'O', 'D', 'R', 'O', 'U', 'T', 'E'};
constexpr PackedMark kPackedEnd{'P', 'R', 'E', 'n', 'd', 0, 0, 0};
constexpr std::uint32_t kPackedVersion = 1;
constexpr std::uint32_t kPackedLongestName = 4096;

struct PackedHeader {
  PackedMark magic;
  std::uint32_t version;
  std::uint32_t experts;
  std::uint32_t top_k;
  std::uint32_t name_bytes;
};
static_assert(sizeof(PackedHeader) == 24);

struct PackedSource {
  std::uint32_t source;
  std::uint32_t tokens;
};
static_assert(sizeof(PackedSource) == 8);

struct PackedBatch {
  std::int64_t step;
  std::uint32_t layer;
  std::uint32_t records;
  std::uint64_t offset;
};
static_assert(sizeof(PackedBatch) == 24);

struct PackedTrailer {
  std::uint64_t index_offset;
  std::uint64_t batches;
  std::uint64_t records;
};
static_assert(sizeof(PackedTrailer) == 24);

constexpr std::uint64_t kPackedTail = sizeof(PackedTrailer) + sizeof(std::uint32_t) + sizeof(kPackedEnd);

inline std::uint32_t packed_crc(const void* data, std::size_t size, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(::crc32_z(before, static_cast<const Bytef*>(data), size));
}

}  // namespace podsim::moe
