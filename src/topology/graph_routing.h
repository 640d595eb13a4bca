// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "podsim/topology/routing.h"
#include "topology/adjacency.h"

namespace podsim::topology {

// Minimal routing of any graph: breadth-first distances to a destination, found when that destination is
// first asked for and kept (3 bytes per node and destination). Choices are the shortest paths in order of the
// nodes they visit, up to kMostChoices.
//
// Lanes: nodes are ordered by height (hops from the nearest NPU), then id. A path starts on lane 0 and takes
// the next lane where it goes up after having gone down. Within a lane all paths go up, then down, so no
// cycle of waiting is possible, whatever the graph.
//
// Not for use by two threads at once: tables are made on demand.
class GraphRouting : public Routing {
 public:
  // Without `npu_forwards` paths pass only through switches. Throws ConfigError when an NPU cannot reach
  // another or needs more than Path::kMaxHops hops. Above kSurveyLimit (about 2,000 NPUs) max_hops and
  // lane_count are upper bounds from the distances to one node.
  GraphRouting(const Graph& graph, bool npu_forwards);

  std::uint32_t path_count(NpuId src, NpuId dst) const override;
  void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const override;
  std::size_t max_hops() const override { return max_hops_; }
  std::uint8_t lane_count() const override { return lane_count_; }

  static constexpr std::uint32_t kMostChoices = 4096;
  static constexpr std::uint64_t kSurveyLimit = 200'000'000;  // NPUs x links

 private:
  struct Table {
    std::vector<std::uint8_t> distance;  // of each node to the destination
    std::vector<std::uint16_t> count;    // of shortest paths from there, at most kMostChoices
  };

  const Table& table(NpuId dst) const;
  // Fills `table`; `order_` holds the nodes by distance afterwards.
  void search(NodeId dst, Table& table) const;
  bool passes(NodeId node, NodeId dst) const { return node == dst || npu_forwards_ || node.value() >= npus_; }
  void survey();
  bool bound_from_one_node();
  void check_reached(NodeId dst, const Table& table) const;
  std::uint8_t lanes_to(NodeId dst, const Table& table) const;

  std::size_t npus_;
  bool npu_forwards_;
  Adjacency adjacency_;
  std::vector<std::uint32_t> rank_;  // of a node in the order of heights and ids
  std::size_t max_hops_ = 0;
  std::uint8_t lane_count_ = 1;
  mutable std::vector<std::unique_ptr<Table>> tables_;
  mutable std::vector<NodeId> order_;
};

}  // namespace podsim::topology
