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
// first dimension fastest, and link ids follow from dimension, group and members (dimension_plan.h). No
// table.
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
  std::uint32_t size(std::size_t dimension) const { return dimensions_[dimension].size.value(); }
  bool is_ring(std::size_t dimension) const { return dimensions_[dimension].kind == Kind::Torus; }
  std::uint32_t coordinate(NpuId npu, std::size_t dimension) const {
    const Dimension& d = dimensions_[dimension];
    const std::uint32_t above = d.per_stride.quotient(npu.value());
    return above - d.size.quotient(above) * d.size.value();
  }

  static constexpr std::size_t kMaxDimensions = 8;

 private:
  struct Dimension {
    Kind kind = Kind::FullMesh;
    std::uint32_t stride = 1;
    std::uint32_t first_link = 0;
    std::uint32_t links = 0;  // of a group
    std::uint32_t first_uplink = 0;
    std::uint32_t first_core_link = 0;
    std::uint32_t leaves = 0;
    std::uint32_t blocks = 0;
    FastDivisor size;
    FastDivisor per_stride;
    FastDivisor planes;
    FastDivisor leaf_down;
    FastDivisor block_leaves;
    FastDivisor spines;
    FastDivisor cores;
  };
  // Where a path is within one group.
  struct Leg {
    std::uint32_t base;  // id of the group's first link
    std::uint32_t from;  // coordinate
    std::uint32_t to;
    std::uint8_t lane;
  };
  // One coordinate that differs: what is needed to correct it in either order.
  struct Correction {
    const Dimension* dimension;
    std::uint32_t from;
    std::uint32_t to;
    std::uint32_t
        ascending_base;  // first link of the group if the coordinates below are already the destination's
    std::uint32_t descending_base;  // and if those above are
  };
  struct Corrections {
    std::array<Correction, kMaxDimensions> items;
    std::uint32_t size = 0;
    std::uint32_t paths = 1;  // choices inside the dimensions times the orders
  };

  Corrections correct(NpuId src, NpuId dst) const;
  void path(const Corrections& corrections, std::uint32_t choice, Path& path) const;
  static std::uint32_t choices(const Dimension& dimension, std::uint32_t from, std::uint32_t to);
  static void append(const Dimension& dimension, const Leg& leg, std::uint32_t& choice, Path& path);
  static void append_ring(const Dimension& dimension, const Leg& leg, std::uint32_t& choice, Path& path);
  static void append_clos(const Dimension& dimension, const Leg& leg, std::uint32_t& choice, Path& path);

  std::vector<Dimension> dimensions_;
  std::size_t max_hops_ = 0;
  std::uint8_t lanes_per_order_ = 1;
  std::uint8_t lane_count_ = 1;
};

// The most hops of a path inside one group.
std::size_t most_hops(const DimensionPlan& plan);

}  // namespace podsim::topology
