// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/structured_routing.h"

#include <fmt/format.h>

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::topology {

namespace {

// Takes one factor out of a mixed-radix choice.
std::uint32_t take(std::uint32_t& choice, const FastDivisor& radix) {
  const std::uint32_t rest = radix.quotient(choice);
  const std::uint32_t digit = choice - rest * radix.value();
  choice = rest;
  return digit;
}

// Number of the link i -> j of a full mesh of n members.
std::uint32_t mesh_link(std::uint32_t n, std::uint32_t i, std::uint32_t j) {
  const std::uint32_t low = std::min(i, j);
  const std::uint32_t high = std::max(i, j);
  const std::uint32_t before =
      low * (2 * n - low - 1);  // twice the pairs whose smaller member is below `low`
  return before + 2 * (high - low - 1) + (i > j ? 1 : 0);
}

}  // namespace

std::size_t most_hops(const DimensionPlan& plan) {
  switch (plan.kind) {
    case Kind::FullMesh:
      return 1;
    case Kind::Torus:
      return plan.size / 2;
    case Kind::Switch:
      return 2;
    case Kind::Clos:
      return 2 * plan.tiers;
  }
  return 0;
}

StructuredRouting::StructuredRouting(const std::vector<DimensionPlan>& plans) {
  PODSIM_CHECK(plans.size() <= kMaxDimensions, "{} dimensions", plans.size());
  std::uint32_t npus = 1;
  std::uint32_t link = 0;
  for (const DimensionPlan& plan : plans) npus *= plan.size;
  std::uint32_t stride = 1;
  for (const DimensionPlan& plan : plans) {
    Dimension d;
    d.kind = plan.kind;
    d.stride = stride;
    d.first_link = link;
    d.links = plan.links;
    d.first_uplink = plan.first_uplink;
    d.first_core_link = plan.first_core_link;
    d.leaves = plan.leaves;
    d.blocks = plan.blocks;
    d.size = FastDivisor(plan.size);
    d.per_stride = FastDivisor(stride);
    d.planes = FastDivisor(plan.planes);
    d.leaf_down = FastDivisor(std::max(1U, plan.leaf_down));
    d.block_leaves = FastDivisor(std::max(1U, plan.block_leaves));
    d.spines = FastDivisor(std::max(1U, plan.spines));
    d.cores = FastDivisor(std::max(1U, plan.cores));
    dimensions_.push_back(d);
    link += npus / plan.size * plan.links;
    stride *= plan.size;
    max_hops_ += most_hops(plan);
    if (plan.kind == Kind::Torus) lanes_per_order_ = 2;
  }
  lane_count_ = static_cast<std::uint8_t>(plans.size() > 1 ? 2 * lanes_per_order_ : lanes_per_order_);
  if (max_hops_ > Path::kMaxHops) {
    throw ConfigError(
        fmt::format("the longest path has {} hops, podsim carries {}", max_hops_, Path::kMaxHops));
  }
}

StructuredRouting::Corrections StructuredRouting::correct(NpuId src, NpuId dst) const {
  Corrections corrections;
  std::uint32_t above_src = src.value();
  std::uint32_t above_dst = dst.value();
  for (const Dimension& dimension : dimensions_) {
    const std::uint32_t below_src = src.value() - above_src * dimension.stride;
    const std::uint32_t below_dst = dst.value() - above_dst * dimension.stride;
    const std::uint32_t next_src = dimension.size.quotient(above_src);
    const std::uint32_t next_dst = dimension.size.quotient(above_dst);
    const std::uint32_t from = above_src - next_src * dimension.size.value();
    const std::uint32_t to = above_dst - next_dst * dimension.size.value();
    above_src = next_src;
    above_dst = next_dst;
    if (from == to) continue;
    const std::uint32_t ascending = next_src * dimension.stride + below_dst;
    const std::uint32_t descending = next_dst * dimension.stride + below_src;
    corrections.items[corrections.size++] = {&dimension, from, to,
                                             dimension.first_link + ascending * dimension.links,
                                             dimension.first_link + descending * dimension.links};
    if (dimension.kind != Kind::FullMesh) corrections.paths *= choices(dimension, from, to);
  }
  if (corrections.size > 1) corrections.paths *= 2;
  return corrections;
}

std::uint32_t StructuredRouting::path_count(NpuId src, NpuId dst) const {
  return correct(src, dst).paths;
}

void StructuredRouting::path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const {
  this->path(correct(src, dst), choice, path);
}

void StructuredRouting::spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const {
  const Corrections corrections = correct(src, dst);
  this->path(corrections, choice_of(hash, corrections.paths), path);
}

std::uint32_t StructuredRouting::choices(const Dimension& dimension, std::uint32_t from, std::uint32_t to) {
  switch (dimension.kind) {
    case Kind::FullMesh:
      return 1;
    case Kind::Torus:
      return 2 * std::max(from, to) == 2 * std::min(from, to) + dimension.size.value() ? 2 : 1;
    case Kind::Switch:
      return dimension.planes.value();
    case Kind::Clos:
      break;
  }
  const std::uint32_t planes = dimension.planes.value();
  const std::uint32_t from_leaf = dimension.leaf_down.quotient(from);
  const std::uint32_t to_leaf = dimension.leaf_down.quotient(to);
  if (from_leaf == to_leaf) return planes;
  const std::uint32_t spines = dimension.spines.value();
  if (dimension.block_leaves.quotient(from_leaf) == dimension.block_leaves.quotient(to_leaf)) {
    return planes * spines;
  }
  return planes * spines * dimension.cores.value();
}

void StructuredRouting::path(const Corrections& corrections, std::uint32_t choice, Path& path) const {
  path.hops = 0;
  const bool ordered = corrections.size > 1;
  const bool descending = ordered && (choice & 1U) != 0;
  if (ordered) choice >>= 1U;
  const auto lane = static_cast<std::uint8_t>(descending ? lanes_per_order_ : 0);
  for (std::uint32_t step = 0; step < corrections.size; ++step) {
    const Correction& c = corrections.items[descending ? corrections.size - 1 - step : step];
    append(*c.dimension, {descending ? c.descending_base : c.ascending_base, c.from, c.to, lane}, choice,
           path);
  }
}

void StructuredRouting::append(const Dimension& dimension, const Leg& leg, std::uint32_t& choice,
                               Path& path) {
  switch (dimension.kind) {
    case Kind::FullMesh:
      path.push(LinkId(leg.base + mesh_link(dimension.size.value(), leg.from, leg.to)), leg.lane);
      return;
    case Kind::Torus:
      append_ring(dimension, leg, choice, path);
      return;
    case Kind::Switch: {
      const std::uint32_t planes = dimension.planes.value();
      const std::uint32_t plane = take(choice, dimension.planes);
      path.push(LinkId(leg.base + 2 * (leg.from * planes + plane)), leg.lane);
      path.push(LinkId(leg.base + 2 * (leg.to * planes + plane) + 1), leg.lane);
      return;
    }
    case Kind::Clos:
      append_clos(dimension, leg, choice, path);
      return;
  }
}

void StructuredRouting::append_ring(const Dimension& dimension, const Leg& leg, std::uint32_t& choice,
                                    Path& path) {
  const std::uint32_t size = dimension.size.value();
  const std::uint32_t forward = leg.to > leg.from ? leg.to - leg.from : leg.to + size - leg.from;
  bool plus = 2 * forward < size;
  if (2 * forward == size) {
    plus = (choice & 1U) == 0;
    choice >>= 1U;
  }
  std::uint8_t lane = leg.lane;
  for (std::uint32_t c = leg.from; c != leg.to;) {
    const bool wraps = c == (plus ? size - 1 : 0);
    const std::uint32_t next = wraps ? size - 1 - c : (plus ? c + 1 : c - 1);
    path.push(LinkId(leg.base + (plus ? 2 * c : 2 * next + 1)), lane);
    if (wraps) ++lane;
    c = next;
  }
}

void StructuredRouting::append_clos(const Dimension& dimension, const Leg& leg, std::uint32_t& choice,
                                    Path& path) {
  const std::uint32_t planes = dimension.planes.value();
  const std::uint32_t plane = take(choice, dimension.planes);
  const std::uint32_t from_leaf = dimension.leaf_down.quotient(leg.from);
  const std::uint32_t to_leaf = dimension.leaf_down.quotient(leg.to);
  path.push(LinkId(leg.base + 2 * (leg.from * planes + plane)), leg.lane);
  if (from_leaf != to_leaf) {
    const std::uint32_t spines = dimension.spines.value();
    const std::uint32_t spine = take(choice, dimension.spines);
    const std::uint32_t from_block = dimension.block_leaves.quotient(from_leaf);
    const std::uint32_t to_block = dimension.block_leaves.quotient(to_leaf);
    const std::uint32_t up = leg.base + dimension.first_uplink;
    path.push(LinkId(up + 2 * ((plane * dimension.leaves + from_leaf) * spines + spine)), leg.lane);
    if (from_block != to_block) {
      const std::uint32_t cores = dimension.cores.value();
      const std::uint32_t core = take(choice, dimension.cores);
      const std::uint32_t top = leg.base + dimension.first_core_link;
      const std::uint32_t column = plane * dimension.blocks;
      path.push(LinkId(top + 2 * (((column + from_block) * spines + spine) * cores + core)), leg.lane);
      path.push(LinkId(top + 2 * (((column + to_block) * spines + spine) * cores + core) + 1), leg.lane);
    }
    path.push(LinkId(up + 2 * ((plane * dimension.leaves + to_leaf) * spines + spine) + 1), leg.lane);
  }
  path.push(LinkId(leg.base + 2 * (leg.to * planes + plane) + 1), leg.lane);
}

}  // namespace podsim::topology
