// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/npu/hbm_server.h"

namespace podsim::npu {

enum class Gemm : std::uint8_t { L1, L2 };  // gate and up, down

// The tiles of one GEMM for one M-block: equal in size, started together when their inputs are there.
struct TileBlock {
  Gemm gemm = Gemm::L1;
  std::uint32_t tiles = 0;
  Picoseconds cube_time;     // of one tile
  Picoseconds fill;          // more, where its core did nothing before
  Picoseconds vector_time;   // of its epilogue
  HbmServer::Load hbm_load;  // its share of weights, activations and results
};

// The cores of a card running a persistent kernel: the tiles of all blocks, in order, are dealt round robin
// to the cores, and each core works through its own in that order, waiting where a block is not ready. A tile
// reads its share of memory when it starts and ends when both its products and its bytes are done; its
// epilogue runs on the core's vector units beside the next tile (two accumulators, so it holds up the one
// after that). Plain arithmetic: time is what advance() is told.
class TileEngine {
 public:
  using BlockIndex = std::uint32_t;
  static constexpr Picoseconds kNever = Picoseconds::max();

  struct Finished {
    BlockIndex block;
    Picoseconds started;  // first tile
    Picoseconds time;     // last epilogue
  };
  struct Interval {
    Picoseconds from;
    Picoseconds to;
  };
  // What one core did for one tile, for tests.
  struct TileRecord {
    std::uint32_t core;
    BlockIndex block;
    Interval cube;  // products, from the start of the tile
    Interval vector;
  };
  // Of the present layer.
  struct Usage {
    Picoseconds busy[2];    // by Gemm: tile times summed over cores
    Picoseconds active[2];  // by Gemm: at least one core on it
    Picoseconds any_active;
    Picoseconds vector;  // epilogue times of L1 summed over cores
  };

  TileEngine(std::size_t cores, HbmServer& hbm) : hbm_(hbm), cores_(cores) {}

  // Forgets everything and takes the blocks of a new layer, none of them ready. All cores are free; or, with
  // `core_start`, core i from i times that on.
  void begin(Span<const TileBlock> blocks, Picoseconds core_start = Picoseconds());
  // The inputs of `block` are there from `at` on. Once per block.
  void set_ready(BlockIndex block, Picoseconds at);
  // Starts tiles in order of time up to and including `until`, but stops at the first block of which the last
  // tile has started and returns it: its end is known then, and may make other blocks ready. Call again until
  // empty.
  std::optional<Finished> advance(Picoseconds until);

  // When the next tile starts, as far as is known now; kNever while all cores wait.
  Picoseconds next_start() const { return next_start_; }
  // No block that is ready now gets its last tile started before this; not before next_start().
  Picoseconds next_finish_bound() const;

  std::size_t core_count() const { return cores_.size(); }
  std::size_t block_count() const { return blocks_.size(); }
  const TileBlock& block(BlockIndex index) const { return blocks_[index].work; }
  const Usage& usage() const { return usage_; }
  // When any core was on a tile: disjoint, in order.
  const std::vector<Interval>& active() const { return active_; }
  // Tiles go to `records` from now on.
  void record(std::vector<TileRecord>* records) { records_ = records; }
  std::size_t unfinished_blocks() const { return unfinished_; }
  // The first block that is not finished; block_count() when all are.
  BlockIndex first_unfinished() const;

 private:
  struct Block {
    TileBlock work;
    std::uint32_t first_tile = 0;
    std::uint32_t unstarted = 0;
    Picoseconds ready = kNever;
    Picoseconds started = kNever;
    Picoseconds end;
  };
  struct Core {
    Picoseconds free;         // its cube can take another tile
    Picoseconds vector_free;  // its vector units can take another epilogue
    bool empty = true;        // had no tile yet
    std::uint32_t next_tile = 0;
    BlockIndex block = 0;  // of next_tile; block_count() when it has no more
  };
  struct Start {
    Picoseconds at;
    std::uint32_t core;
    friend bool operator<(const Start& a, const Start& b) {
      return a.at != b.at ? a.at < b.at : a.core < b.core;
    }
  };

  void find_block(Core& core) const;
  void note_next_start() { next_start_ = heap_.empty() ? kNever : heap_.front().at; }
  void queue(std::uint32_t core);
  void replace_top(const Start& start);
  void pop_top();
  void start_tile(Core& core, Block& block, Picoseconds at);
  void note_active(Gemm gemm, Picoseconds from, Picoseconds to);
  Picoseconds last_start_bound(const Block& block) const;

  HbmServer& hbm_;
  Picoseconds next_start_ = kNever;  // heap_.front().at
  std::vector<Core> cores_;
  std::vector<Block> blocks_;
  std::vector<Start> heap_;  // cores whose next tile has a known start, earliest first
  Picoseconds shortest_tile_;
  std::size_t unfinished_ = 0;
  Picoseconds active_until_[2];
  std::vector<Interval> active_;
  std::vector<TileRecord>* records_ = nullptr;
  Usage usage_{};
};

}  // namespace podsim::npu
