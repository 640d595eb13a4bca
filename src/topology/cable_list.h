// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/topology/graph.h"

namespace podsim::topology {

// The cables of a graph in an order that depends only on what they join, and names for its link types that
// are unique: what the exporters write.
class CableList {
 public:
  struct Cable {
    NodeId low;
    NodeId high;
    LinkTypeId type;
  };

  explicit CableList(const Graph& graph);
  const std::vector<Cable>& cables() const { return cables_; }  // ascending by low, high and name of the type
  // LinkType::name, with " (2)" and so on behind it where several types have one name.
  const std::string& type_name(LinkTypeId type) const { return names_[type]; }
  // Types that some cable has, by name.
  const std::vector<LinkTypeId>& types() const { return types_; }

 private:
  void name_types(const Graph& graph);

  std::vector<Cable> cables_;
  std::vector<LinkTypeId> types_;
  IdVector<LinkTypeId, std::string> names_;
};

}  // namespace podsim::topology
