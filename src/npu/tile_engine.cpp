// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/tile_engine.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

// Adds what [from, to) brings beyond `until`. Intervals come in order of `from`.
void extend(Picoseconds& until, Picoseconds& total, Picoseconds from, Picoseconds to) {
  if (to <= until) return;
  total += to - std::max(from, until);
  until = to;
}

}  // namespace

void TileEngine::begin(Span<const TileBlock> blocks, Picoseconds core_start) {
  PODSIM_CHECK(unfinished_ == 0, "a layer begins with {} unfinished blocks", unfinished_);
  blocks_.clear();
  blocks_.reserve(blocks.size());
  heap_.clear();
  next_start_ = kNever;
  shortest_tile_ = kNever;
  std::uint32_t tile = 0;
  for (const TileBlock& work : blocks) {
    PODSIM_CHECK(work.tiles > 0 && work.cube_time > Picoseconds(0), "a block of {} tiles of {}", work.tiles,
                 to_string(work.cube_time));
    Block block;
    block.work = work;
    block.first_tile = tile;
    block.unstarted = work.tiles;
    blocks_.push_back(block);
    tile += work.tiles;
    shortest_tile_ = std::min(shortest_tile_, work.cube_time);
  }
  unfinished_ = blocks_.size();
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    cores_[i] = Core();
    cores_[i].free = core_start * static_cast<std::int64_t>(i);
    cores_[i].next_tile = static_cast<std::uint32_t>(i);
    find_block(cores_[i]);
  }
  active_until_[0] = active_until_[1] = Picoseconds();
  active_.clear();
  usage_ = Usage();
}

void TileEngine::find_block(Core& core) const {
  while (core.block < blocks_.size() &&
         core.next_tile >= blocks_[core.block].first_tile + blocks_[core.block].work.tiles) {
    ++core.block;
  }
}

void TileEngine::set_ready(BlockIndex index, Picoseconds at) {
  Block& block = blocks_[index];
  PODSIM_CHECK(block.ready == kNever, "block {} is made ready twice", index);
  block.ready = at;
  for (std::uint32_t i = 0; i < cores_.size(); ++i) {
    if (cores_[i].block == index) queue(i);
  }
  note_next_start();
}

// The core's next tile has a known start from now on.
void TileEngine::queue(std::uint32_t index) {
  const Core& core = cores_[index];
  heap_.push_back({std::max(core.free, blocks_[core.block].ready), index});
  std::push_heap(heap_.begin(), heap_.end(), [](const Start& a, const Start& b) { return b < a; });
}

void TileEngine::replace_top(const Start& start) {
  const std::size_t size = heap_.size();
  std::size_t hole = 0;
  while (true) {
    std::size_t child = 2 * hole + 1;
    if (child >= size) break;
    if (child + 1 < size && heap_[child + 1] < heap_[child]) ++child;
    if (!(heap_[child] < start)) break;
    heap_[hole] = heap_[child];
    hole = child;
  }
  heap_[hole] = start;
}

void TileEngine::pop_top() {
  const Start last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) replace_top(last);
}

std::optional<TileEngine::Finished> TileEngine::advance(Picoseconds until) {
  while (!heap_.empty() && heap_.front().at <= until) {
    const Start start = heap_.front();
    Core& core = cores_[start.core];
    const BlockIndex index = core.block;
    Block& block = blocks_[index];
    start_tile(core, block, start.at);

    core.next_tile += static_cast<std::uint32_t>(cores_.size());
    find_block(core);
    if (core.block < blocks_.size() && blocks_[core.block].ready != kNever) {
      replace_top({std::max(core.free, blocks_[core.block].ready), start.core});
    } else {
      pop_top();
    }
    if (block.unstarted > 0) continue;
    --unfinished_;
    note_next_start();
    return Finished{index, block.started, block.end};
  }
  note_next_start();
  return std::nullopt;
}

void TileEngine::start_tile(Core& core, Block& block, Picoseconds at) {
  const TileBlock& work = block.work;
  const Picoseconds served = hbm_.serve(at, work.hbm_load);
  const Picoseconds fill = core.empty || at > core.free ? work.fill : Picoseconds();
  const Picoseconds products = std::max(at + work.cube_time + fill, served);
  core.empty = false;
  const Picoseconds epilogue = std::max(products, core.vector_free) + work.vector_time;
  if (records_ != nullptr) {
    records_->push_back({static_cast<std::uint32_t>(&core - cores_.data()),
                         static_cast<BlockIndex>(&block - blocks_.data()),
                         {at, products},
                         {std::max(products, core.vector_free), epilogue}});
  }
  core.free = std::max(products, core.vector_free);
  core.vector_free = epilogue;

  if (block.unstarted == work.tiles) block.started = at;
  --block.unstarted;
  block.end = std::max(block.end, epilogue);
  usage_.busy[static_cast<std::size_t>(work.gemm)] += products - at;
  if (work.gemm == Gemm::L1) usage_.vector += work.vector_time;
  note_active(work.gemm, at, epilogue);
}

void TileEngine::note_active(Gemm gemm, Picoseconds from, Picoseconds to) {
  const auto i = static_cast<std::size_t>(gemm);
  extend(active_until_[i], usage_.active[i], from, to);
  if (active_.empty() || active_.back().to < from) {
    active_.push_back({from, to});
    usage_.any_active += to - from;
  } else {
    extend(active_.back().to, usage_.any_active, from, to);
  }
}

// The last tile of a block waits for its core, which has so many tiles before it.
Picoseconds TileEngine::last_start_bound(const Block& block) const {
  const std::uint32_t last = block.first_tile + block.work.tiles - 1;
  const Core& core = cores_[last % cores_.size()];
  if (core.next_tile > last) return next_start();
  const Block& next = blocks_[core.block];
  if (next.ready == kNever) return kNever;
  const auto before = static_cast<std::int64_t>((last - core.next_tile) / cores_.size());
  return std::max(core.free, next.ready) + shortest_tile_ * before;
}

// A block with a tile for every core cannot be fully started before the ready ones ahead of it, so only the
// first of them and smaller blocks count.
Picoseconds TileEngine::next_finish_bound() const {
  Picoseconds bound = kNever;
  bool any = false;
  BlockIndex first = static_cast<BlockIndex>(blocks_.size());
  for (const Core& core : cores_) first = std::min(first, core.block);
  for (BlockIndex i = first; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    if (block.unstarted == 0 || block.ready == kNever) continue;
    if (any && block.work.tiles >= cores_.size()) continue;
    if (bound <= next_start()) break;
    bound = std::min(bound, last_start_bound(block));
    any = true;
  }
  return std::max(bound, next_start());
}

TileEngine::BlockIndex TileEngine::first_unfinished() const {
  BlockIndex i = 0;
  while (i < blocks_.size() && blocks_[i].unstarted == 0) ++i;
  return i;
}

}  // namespace podsim::npu
