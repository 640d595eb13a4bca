// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <queue>
#include <string>
#include <vector>

#include "podsim/config/verbs.h"
#include "podsim/memory/memory_system.h"

// Cores that do nothing but copy tiles of a matrix from GM, as the vendor's data-copy examples do.
namespace podsim::test {

inline memory::MemoryConfig memory_preset(const std::string& name) {
  return config::load<memory::MemoryConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/memory/" + name +
                                            ".json");
}

// A matrix of 2 B elements cut into tiles, dealt out to the cores in consecutive runs.
struct CopyStream {
  std::int64_t rows = 12288;
  std::int64_t columns = 12288;
  std::int64_t tile_rows = 64;
  std::int64_t tile_columns = 1024;
  std::int64_t column_parts = 1;  // column blocks that are done one after another
  std::int64_t passes = 1;        // over each of them
  enum class Order { Split, SameForAll, RotatedForEach } order = Order::Split;
  std::uint32_t cores = 48;
  BytesPerSecond port;   // the core's path
  Picoseconds per_copy;  // what a copy costs the copy pipe at least
};

struct CopyResult {
  Picoseconds time;
  Bytes bytes;
  memory::MemoryStats stats;
  double terabytes_per_second() const {
    return static_cast<double>(bytes.count()) / static_cast<double>(time.count());
  }
  double hit_share() const {
    return static_cast<double>(stats.hits()) /
           static_cast<double>(stats.hits() + stats.misses() + stats.victims());
  }
};

// Tiles of one core, in order.
class TileWalk {
 public:
  TileWalk(const CopyStream& stream, std::uint32_t core) : s_(stream) {
    across_ = (s_.columns / s_.column_parts + s_.tile_columns - 1) / s_.tile_columns;
    const std::int64_t tiles = across_ * ((s_.rows + s_.tile_rows - 1) / s_.tile_rows);
    count_ = tiles;
    if (s_.order == CopyStream::Order::Split) {
      first_ = tiles * core / s_.cores;
      count_ = tiles * (core + 1) / s_.cores - first_;
      total_ = tiles;
    } else {
      first_ = s_.order == CopyStream::Order::RotatedForEach ? core : 0;
      total_ = tiles;
    }
  }
  bool done() const { return part_ == s_.column_parts; }
  sim::MemoryTransfer next() {
    const std::int64_t tile = (first_ + at_) % total_;
    const std::int64_t row = tile / across_ * s_.tile_rows;
    const std::int64_t column = tile % across_ * s_.tile_columns;
    const std::int64_t width = std::min(s_.tile_columns, s_.columns / s_.column_parts - column);
    sim::MemoryTransfer made;
    made.address =
        static_cast<std::uint64_t>(2 * (row * s_.columns + part_ * (s_.columns / s_.column_parts) + column));
    made.rows = static_cast<std::uint32_t>(std::min(s_.tile_rows, s_.rows - row));
    made.row_bytes = static_cast<std::uint64_t>(2 * width);
    made.row_stride = static_cast<std::uint64_t>(2 * s_.columns);
    made.port_bytes_per_second = s_.port.count();
    step();
    return made;
  }

 private:
  void step() {
    if (++at_ < count_) return;
    at_ = 0;
    if (++pass_ < s_.passes) return;
    pass_ = 0;
    ++part_;
  }
  CopyStream s_;
  std::int64_t across_ = 0, first_ = 0, count_ = 0, total_ = 0;
  std::int64_t at_ = 0, pass_ = 0, part_ = 0;
};

inline CopyResult run_copies(memory::MemorySystem& memory, const CopyStream& stream) {
  using Turn = std::pair<std::int64_t, std::uint32_t>;  // when, core
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  std::vector<TileWalk> walks;
  for (std::uint32_t core = 0; core < stream.cores; ++core) {
    walks.emplace_back(stream, core);
    if (!walks.back().done()) turns.push({0, core});
  }
  CopyResult result;
  while (!turns.empty()) {
    const auto [at, core] = turns.top();
    turns.pop();
    const sim::MemoryTransfer copy = walks[core].next();
    result.bytes += Bytes(static_cast<std::int64_t>(copy.rows * copy.row_bytes));
    result.time = std::max(result.time, memory.transfer(core, Picoseconds(at), copy));
    const std::int64_t free = std::max(at + stream.per_copy.count(), memory.path_free(core, false).count());
    if (!walks[core].done()) turns.push({free, core});
  }
  result.stats = memory.stats();
  return result;
}

}  // namespace podsim::test
