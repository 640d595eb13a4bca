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

// Number of the link i -> j of a full mesh of n members: low * (2 n - low - 1) belong to the pairs whose
// smaller member is below `low`, and of its own pairs 2 * (high - low - 1) come before.
std::uint32_t mesh_link(std::uint32_t n, std::uint32_t i, std::uint32_t j) {
  const std::uint32_t i_if_below = (i ^ j) & (0U - static_cast<std::uint32_t>(i < j));
  const std::uint32_t low =
      j ^ i_if_below;  // std::min becomes a branch that is mispredicted half of the time
  const std::uint32_t high = i ^ i_if_below;
  return low * (2 * n - low - 3) + 2 * high - 2 + (i > j ? 1 : 0);
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
    d.same_ways = plan.kind == Kind::FullMesh || plan.kind == Kind::Switch;
    if (plan.kind == Kind::Switch) d.ways = {plan.planes, 2};
    d.stride = stride;
    d.first_link = link;
    d.links = plan.links;
    d.first_uplink = plan.first_uplink;
    d.first_core_link = plan.first_core_link;
    d.leaves = plan.leaves;
    d.blocks = plan.blocks;
    d.size = plan.size;
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
  place_npus(npus);
  lane_count_ = static_cast<std::uint8_t>(plans.size() > 1 ? 2 * lanes_per_order_ : lanes_per_order_);
  if (max_hops_ > Path::kMaxHops) {
    throw ConfigError(
        fmt::format("the longest path has {} hops, podsim carries {}", max_hops_, Path::kMaxHops));
  }
}

void StructuredRouting::place_npus(std::uint32_t npus) {
  positions_.reserve(npus * dimensions_.size());
  for (std::uint32_t npu = 0; npu < npus; ++npu) {
    for (const Dimension& d : dimensions_) {
      const std::uint32_t reach = d.stride * d.size;
      positions_.push_back({npu % reach / d.stride, d.first_link + npu / reach * d.stride * d.links,
                            npu % d.stride * d.links});
    }
  }
}

StructuredRouting::Ways StructuredRouting::ring_ways(const Dimension& dimension, std::uint32_t from,
                                                     std::uint32_t to) {
  const std::uint32_t apart = std::max(from, to) - std::min(from, to);
  return {2 * apart == dimension.size ? 2U : 1U, std::min(apart, dimension.size - apart)};
}

StructuredRouting::Ways StructuredRouting::clos_ways(const Dimension& dimension, std::uint32_t from,
                                                     std::uint32_t to) {
  const std::uint32_t planes = dimension.planes.value();
  const std::uint32_t from_leaf = dimension.leaf_down.quotient(from);
  const std::uint32_t to_leaf = dimension.leaf_down.quotient(to);
  if (from_leaf == to_leaf) return {planes, 2};
  const std::uint32_t spines = planes * dimension.spines.value();
  if (dimension.block_leaves.quotient(from_leaf) == dimension.block_leaves.quotient(to_leaf))
    return {spines, 4};
  return {spines * dimension.cores.value(), 6};
}

inline std::uint32_t StructuredRouting::append(const Dimension& dimension, Leg leg, std::uint32_t choice,
                                               Cursor to) {
  switch (dimension.kind) {
    case Kind::FullMesh:
      to.push(leg.base + mesh_link(dimension.size, leg.from, leg.to), leg.lane);
      return choice;
    case Kind::Torus:
      return append_ring(dimension, leg, choice, to);
    case Kind::Switch: {
      const std::uint32_t planes = dimension.planes.value();
      const std::uint32_t plane = take(choice, dimension.planes);
      to.push(leg.base + 2 * (leg.from * planes + plane), leg.lane);
      to.push(leg.base + 2 * (leg.to * planes + plane) + 1, leg.lane);
      return choice;
    }
    case Kind::Clos:
      return append_clos(dimension, leg, choice, to);
  }
  return choice;
}

inline StructuredRouting::Survey StructuredRouting::survey(const Position* from, const Position* to) const {
  Survey survey;
  for (const Dimension& dimension : dimensions_) {
    if (from->coordinate != to->coordinate) {
      const Ways way = ways(dimension, from->coordinate, to->coordinate);
      ++survey.differing;
      survey.hops += way.hops;
      survey.paths *= way.count;
    }
    ++from;
    ++to;
  }
  if (survey.differing > 1) survey.paths *= 2;
  return survey;
}

// Each coordinate's links are written to their place in the path, counted from its start or, descending, from
// its end: the order is drawn at random, and a branch on it would be mispredicted half of the time.
inline void StructuredRouting::path(const Position* from, const Position* to, const Survey& survey,
                                    std::uint32_t choice, Path& path) const {
  const bool ordered = survey.differing > 1;
  const std::uint32_t descending = ordered ? choice & 1U : 0;
  if (ordered) choice >>= 1U;
  const auto lane = static_cast<std::uint8_t>(descending * lanes_per_order_);
  // Ascending, the coordinates below are already the destination's; descending, those above are.
  const std::array<const Position*, 2> ends{from, to};
  const std::ptrdiff_t to_above = ends[descending] - from;
  const std::ptrdiff_t to_below = ends[descending ^ 1U] - from;
  const std::ptrdiff_t to_end = to - from;
  std::array<std::uint32_t, 2> places{0, survey.hops};
  const Dimension* const last = dimensions_.data() + dimensions_.size();
  for (const Dimension* dimension = dimensions_.data(); dimension != last; ++dimension, ++from) {
    const std::uint32_t here = from->coordinate;
    const std::uint32_t there = from[to_end].coordinate;
    if (here == there) continue;
    const std::uint32_t hops = ways(*dimension, here, there).hops;
    places[1] -= hops;
    const std::uint32_t place = places[descending];
    places[0] += hops;
    choice = append(*dimension, {from[to_above].above + from[to_below].below, here, there, lane}, choice,
                    {&path.links[place], &path.lanes[place]});
  }
  path.hops = static_cast<std::uint8_t>(survey.hops);
}

std::uint32_t StructuredRouting::path_count(NpuId src, NpuId dst) const {
  return survey(positions(src), positions(dst)).paths;
}

void StructuredRouting::path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const {
  const Position* from = positions(src);
  const Position* to = positions(dst);
  this->path(from, to, survey(from, to), choice, path);
}

void StructuredRouting::spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const {
  const Position* from = positions(src);
  const Position* to = positions(dst);
  const Survey all = survey(from, to);
  this->path(from, to, all, choice_of(hash, all.paths), path);
}

std::uint32_t StructuredRouting::append_ring(const Dimension& dimension, Leg leg, std::uint32_t choice,
                                             Cursor to) {
  const std::uint32_t size = dimension.size;
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
    to.push(leg.base + (plus ? 2 * c : 2 * next + 1), lane);
    if (wraps) ++lane;
    c = next;
  }
  return choice;
}

std::uint32_t StructuredRouting::append_clos(const Dimension& dimension, Leg leg, std::uint32_t choice,
                                             Cursor to) {
  const std::uint32_t planes = dimension.planes.value();
  const std::uint32_t plane = take(choice, dimension.planes);
  const std::uint32_t from_leaf = dimension.leaf_down.quotient(leg.from);
  const std::uint32_t to_leaf = dimension.leaf_down.quotient(leg.to);
  to.push(leg.base + 2 * (leg.from * planes + plane), leg.lane);
  if (from_leaf != to_leaf) {
    const std::uint32_t spines = dimension.spines.value();
    const std::uint32_t spine = take(choice, dimension.spines);
    const std::uint32_t from_block = dimension.block_leaves.quotient(from_leaf);
    const std::uint32_t to_block = dimension.block_leaves.quotient(to_leaf);
    const std::uint32_t up = leg.base + dimension.first_uplink;
    to.push(up + 2 * ((plane * dimension.leaves + from_leaf) * spines + spine), leg.lane);
    if (from_block != to_block) {
      const std::uint32_t cores = dimension.cores.value();
      const std::uint32_t core = take(choice, dimension.cores);
      const std::uint32_t top = leg.base + dimension.first_core_link;
      const std::uint32_t column = plane * dimension.blocks;
      to.push(top + 2 * (((column + from_block) * spines + spine) * cores + core), leg.lane);
      to.push(top + 2 * (((column + to_block) * spines + spine) * cores + core) + 1, leg.lane);
    }
    to.push(up + 2 * ((plane * dimension.leaves + to_leaf) * spines + spine) + 1, leg.lane);
  }
  to.push(leg.base + 2 * (leg.to * planes + plane) + 1, leg.lane);
  return choice;
}

}  // namespace podsim::topology
