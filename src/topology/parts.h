// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/topology/faults.h"
#include "topology/adjacency.h"
#include "topology/composer.h"

namespace podsim::topology {

// The parts of a pod by name.
class Parts {
 public:
  explicit Parts(const Pod& pod);

  // Throws ConfigError when there is no such part. Times of the result are those of Fault's defaults.
  Fault find(PartKind what, const std::string& which) const;
  // Names of all parts of a kind, in order.
  std::vector<std::string> names(PartKind what) const;

 private:
  Fault node(PartKind what, NodeId node) const;
  Fault link(const std::string& which) const;
  Fault port(const std::string& which) const;
  Fault cabinet(const std::string& which) const;
  std::size_t cabinets() const;
  std::vector<std::string> ports_of(NpuId npu) const;
  void add_node(NodeId node, Fault& fault) const;
  void add_cable(LinkId link, Fault& fault) const;
  NodeId node_of(const std::string& text) const;  // none: no such node
  std::string known_nodes() const;

  const Pod& pod_;
  Adjacency adjacency_;
  Composer composer_;  // names ports
  Adjacency whole_;    // of the composer's graph, which has cables that card overrides took away
};

}  // namespace podsim::topology
