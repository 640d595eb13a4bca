// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/units/units.h"

namespace podsim::topology {

enum class Medium : std::uint8_t { Board, CopperCable, OpticalFibre };

// What every link of one kind has in common. A dimension of a pod has one or two of these (NPU to switch,
// switch to switch).
struct LinkType {
  std::string name;  // the dimension it belongs to, "x", "pod up"
  BytesPerSecond
      bandwidth;  // payload-carrying rate of one direction, after FEC and alignment, before headers
  Picoseconds
      latency;  // head of a packet: from the start of sending to where the next hop can start sending it
  Medium medium = Medium::CopperCable;
  std::int64_t lanes = 1;  // SerDes lanes of one direction
  std::uint8_t dimension = 0;
  std::int64_t links_per_cable = 1;  // links that share a cable and its optical modules
};

// What is known of a switch beyond its links.
struct SwitchInfo {
  std::uint8_t dimension = 0;
  std::uint8_t tier = 1;       // 1: a leaf, next to NPUs; 2: above leaves; ...
  std::int64_t max_lanes = 0;  // lanes that all its ports have together; 0: not known, not checked
};

// One direction of a cable. `reverse` is the other one.
struct Link {
  NodeId from;
  NodeId to;
  LinkTypeId type;
  LinkId reverse;
};

// NPUs, switches and directed links, flat. NPU i is node i; switches are the nodes after the NPUs.
// Plain data once built; 8,192 cards of `atlas950_8192` are 8,448 nodes and 180,224 directed links, a few
// megabytes.
class Graph {
 public:
  explicit Graph(std::size_t npus) : npus_(npus), out_degree_(npus, 0) {}

  LinkTypeId add_link_type(LinkType type) { return link_types_.push_back(std::move(type)); }
  // A name for LinkType::dimension; the same name gives the same number again.
  std::uint8_t add_dimension(const std::string& name);
  NodeId add_switch(SwitchInfo info = {});
  // Adds the two directions of a cable; returns the one from a to b, its reverse is the next id.
  LinkId connect(NodeId a, NodeId b, LinkTypeId type);

  std::size_t npu_count() const { return npus_; }
  std::size_t node_count() const { return out_degree_.size(); }
  std::size_t switch_count() const { return node_count() - npus_; }
  std::size_t link_count() const { return links_.size(); }
  bool is_npu(NodeId node) const { return node.value() < npus_; }

  const Link& link(LinkId id) const { return links_[id]; }
  const IdVector<LinkId, Link>& links() const { return links_; }
  const LinkType& type(LinkTypeId id) const { return link_types_[id]; }
  const LinkType& type_of(LinkId id) const { return link_types_[links_[id].type]; }
  const IdVector<LinkTypeId, LinkType>& link_types() const { return link_types_; }
  const std::vector<std::string>& dimension_names() const { return dimension_names_; }
  const SwitchInfo& switch_info(NodeId node) const { return switches_[node.value() - npus_]; }
  void name_switch(NodeId node, std::uint8_t dimension, std::uint8_t tier);
  std::size_t out_degree(NodeId node) const { return out_degree_[node]; }

  // "npu 17", "switch 3"
  std::string node_name(NodeId node) const;
  // "npu 17 -> switch 3 (up)"
  std::string link_name(LinkId id) const;

 private:
  std::size_t npus_;
  std::vector<SwitchInfo> switches_;
  std::vector<std::string> dimension_names_;
  IdVector<NodeId, std::uint32_t> out_degree_;
  IdVector<LinkId, Link> links_;
  IdVector<LinkTypeId, LinkType> link_types_;
};

}  // namespace podsim::topology
