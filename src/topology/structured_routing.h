// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "podsim/topology/routing.h"
#include "topology/dimension_plan.h"
#include "topology/fast_divisor.h"

namespace podsim::topology {

// Minimal routing of a regular pod, computed from coordinates: an NPU id is its mixed-radix coordinate, the
// first dimension fastest, and link ids follow from dimension, group and members (dimension_plan.h). The only
// table has a row per NPU and dimension.
//
// A path corrects one coordinate after the other. Where two or more differ, there are two orders: ascending
// (X-Y) on lane 0 and descending (Y-X) on lane 1; they multiply with the choices inside the dimensions:
// planes, spines, cores, both ways round a ring at a tie. Rings take one lane more per order, used behind the
// wrap link (dateline; Dally & Seitz 1987). Why that is free of deadlock: docs/components/topology.md.
class StructuredRouting : public Routing {
 public:
  // Dimensions innermost first; their links follow each other in the graph, dimension by dimension, group by
  // group, groups in ascending order of their smallest member.
  explicit StructuredRouting(const std::vector<DimensionPlan>& plans);

  std::uint32_t path_count(NpuId src, NpuId dst) const override;
  void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const override;
  void spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const override;
  std::size_t max_hops() const override { return max_hops_; }
  std::uint8_t lane_count() const override { return lane_count_; }

  std::size_t dimension_count() const { return dimensions_.size(); }
  std::uint32_t size(std::size_t dimension) const { return dimensions_[dimension].size; }
  bool is_ring(std::size_t dimension) const { return dimensions_[dimension].kind == Kind::Torus; }
  std::uint32_t coordinate(NpuId npu, std::size_t dimension) const {
    return positions(npu)[dimension].coordinate;
  }

  static constexpr std::size_t kMaxDimensions = 8;

 private:
  // The equal-cost ways from one coordinate to another.
  struct Ways {
    std::uint32_t count;
    std::uint32_t hops;
  };
  struct Dimension {
    bool same_ways = false;  // between any two coordinates: those in `ways`
    Ways ways{1, 1};
    Kind kind = Kind::FullMesh;
    std::uint32_t stride = 1;
    std::uint32_t first_link = 0;
    std::uint32_t links = 0;  // of a group
    std::uint32_t first_uplink = 0;
    std::uint32_t first_core_link = 0;
    std::uint32_t leaves = 0;
    std::uint32_t blocks = 0;
    std::uint32_t size = 1;
    FastDivisor planes;
    FastDivisor leaf_down;
    FastDivisor block_leaves;
    FastDivisor spines;
    FastDivisor cores;
  };
  // Where an NPU is in one dimension. The group that a path passes through is given by the coordinates above
  // and below the dimension, of the source or the destination each, so that the group's first link is the sum
  // of the two parts.
  struct Position {
    std::uint32_t coordinate;
    std::uint32_t above;  // first link of the group with these coordinates above and 0 below
    std::uint32_t below;  // links to add for the coordinates below
  };
  // Where a path is within one group.
  struct Leg {
    std::uint32_t base;  // id of the group's first link
    std::uint32_t from;  // coordinate
    std::uint32_t to;
    std::uint8_t lane;
  };
  // Writes links to their place in a path.
  struct Cursor {
    LinkId* link;
    std::uint8_t* lane;
    void push(std::uint32_t id, std::uint8_t on_lane) {
      *link++ = LinkId(id);
      *lane++ = on_lane;
    }
  };
  // What all paths between two NPUs have in common.
  struct Survey {
    std::uint32_t differing = 0;  // coordinates to correct
    std::uint32_t hops = 0;
    std::uint32_t paths = 1;  // choices inside the dimensions times the orders
  };

  void place_npus(std::uint32_t npus);
  const Position* positions(NpuId npu) const { return &positions_[npu.value() * dimensions_.size()]; }
  Survey survey(const Position* from, const Position* to) const;
  void path(const Position* from, const Position* to, const Survey& survey, std::uint32_t choice,
            Path& path) const;
  static Ways ways(const Dimension& dimension, std::uint32_t from, std::uint32_t to) {
    if (dimension.same_ways) return dimension.ways;
    return dimension.kind == Kind::Torus ? ring_ways(dimension, from, to) : clos_ways(dimension, from, to);
  }
  // Apart from the common path, which they would take registers from.
  [[gnu::noinline]] static Ways ring_ways(const Dimension& dimension, std::uint32_t from, std::uint32_t to);
  [[gnu::noinline]] static Ways clos_ways(const Dimension& dimension, std::uint32_t from, std::uint32_t to);
  // Writes the links that correct one coordinate; returns what is left of the choice.
  static std::uint32_t append(const Dimension& dimension, Leg leg, std::uint32_t choice, Cursor to);
  [[gnu::noinline]] static std::uint32_t append_ring(const Dimension& dimension, Leg leg,
                                                     std::uint32_t choice, Cursor to);
  [[gnu::noinline]] static std::uint32_t append_clos(const Dimension& dimension, Leg leg,
                                                     std::uint32_t choice, Cursor to);

  std::vector<Dimension> dimensions_;
  std::vector<Position> positions_;  // NPU-major
  std::size_t max_hops_ = 0;
  std::uint8_t lanes_per_order_ = 1;
  std::uint8_t lane_count_ = 1;
};

// The most hops of a path inside one group.
std::size_t most_hops(const DimensionPlan& plan);

}  // namespace podsim::topology
