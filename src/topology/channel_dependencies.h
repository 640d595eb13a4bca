// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "podsim/topology/graph.h"
#include "podsim/topology/routing.h"
#include "topology/adjacency.h"

namespace podsim::topology {

// The channel-dependency graph of a set of paths: one bit for every pair of channels that can follow each
// other at a node. 180,224 links on two lanes take 12 MB.
class ChannelDependencies {
 public:
  ChannelDependencies(const Graph& graph, const Adjacency& adjacency, std::size_t lanes);

  // Adds the dependencies of a path; with one lane all lanes count as that one.
  void add(const Path& path);
  // The channels of one cycle in order, as texts; empty if there is none.
  std::vector<std::string> find_cycle() const;

 private:
  using Channel = std::uint64_t;  // edge of the adjacency x lanes + lane
  // Next channels of `channel`: the bits from first_bit_[edge] + lane x width on.
  std::size_t width(NodeId node) const { return adjacency_.out(node).size() * lanes_; }
  std::size_t row(Channel channel) const;
  // `through` must lie on a cycle.
  std::vector<std::string> shortest_cycle(Channel through) const;
  std::string name(Channel channel) const;
  NodeId end_of(Channel channel) const { return far_[channel / lanes_]; }

  const Graph& graph_;
  const Adjacency& adjacency_;
  std::size_t lanes_;
  IdVector<LinkId, std::uint32_t> edge_of_;
  std::vector<LinkId> link_of_;
  std::vector<NodeId> far_;
  std::vector<std::size_t> first_bit_;  // per edge
  std::vector<bool> follows_;
};

}  // namespace podsim::topology
