// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "podsim/base/span.h"
#include "podsim/topology/pod_config.h"
#include "topology/graph_builder.h"

namespace podsim::topology {

enum class Kind : std::uint8_t { FullMesh, Torus, Switch, Clos };

// What a pod says about all of its links.
struct LinkTerms {
  double encoding_efficiency = 1.0;
  std::int64_t lanes_per_port = 4;
  std::string pod;  // its name, for messages
};

// One dimension worked out for groups of `size` NPUs: all counts filled in and checked.
//
// The directed links of a group are numbered the same way in every group, cable by cable, the direction named
// first with the even number:
//   full mesh   pairs (i, j), i < j, in lexicographic order: i -> j
//   torus       members c: c -> c + 1
//   switch      member-major, then plane: NPU -> switch
//   Clos        the same, NPU -> leaf; then from `first_uplink` plane, leaf, spine: leaf -> spine;
//               then from `first_core_link` plane, block, spine, core: spine -> core
struct DimensionPlan {
  std::string name;
  Kind kind = Kind::FullMesh;
  std::uint32_t size = 0;
  std::uint32_t planes = 1;
  std::uint32_t leaf_down = 0;     // NPUs of a leaf; a switch is a leaf with all of them
  std::uint32_t leaves = 1;        // of a plane
  std::uint32_t spines = 0;        // of a block
  std::uint32_t block_leaves = 0;  // leaves of a block
  std::uint32_t blocks = 1;        // of a plane
  std::uint32_t cores = 0;         // above each spine
  std::uint32_t tiers = 0;         // of switches
  LinkType link;
  LinkType uplink;
  LinkType core_link;
  std::int64_t switch_lanes = 0;  // of one switch, all ports; 0: not checked
  std::uint32_t first_uplink = 0;
  std::uint32_t first_core_link = 0;
  std::uint32_t links = 0;  // directed links of a group
};

// Works `config` out for groups of `size` NPUs, at least 2; a ring of 2 is a full mesh.
// Throws ConfigError: counts that do not fit, a switch with too few ports.
DimensionPlan plan_dimension(const DimensionConfig& config, std::int64_t size, const LinkTerms& terms);

// A link as the graph has it: net rate, lanes filled in.
LinkType make_link_type(const std::string& name, const LinkConfig& config, const LinkTerms& terms);

// Adds the switches and links of one group whose members are `members`, in the numbering above.
void wire_group(GraphBuilder& builder, const DimensionPlan& plan, Span<const NodeId> members);

const std::string& dimension_name(const DimensionConfig& config);
std::int64_t dimension_size(const DimensionConfig& config);

}  // namespace podsim::topology
