// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "podsim/base/error.h"
#include "topology/dimension_plan.h"

namespace podsim::topology {

namespace {

void wire_full_mesh(GraphBuilder& builder, LinkTypeId type, Span<const NodeId> members) {
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    for (std::uint32_t j = i + 1; j < members.size(); ++j)
      builder.connect(members[i], members[j], type, j, i);
  }
}

void wire_torus(GraphBuilder& builder, LinkTypeId type, Span<const NodeId> members) {
  for (std::size_t c = 0; c < members.size(); ++c) {
    builder.connect(members[c], members[(c + 1) % members.size()], type, kPlus, kMinus);
  }
}

// The switches of one group. Numbered plane by plane: leaves, then spines block by block, then cores.
class SwitchFabric {
 public:
  SwitchFabric(GraphBuilder& builder, const DimensionPlan& plan) : plan_(plan) {
    const std::uint8_t dimension = builder.graph().add_dimension(plan.name);
    for (std::uint32_t plane = 0; plane < plan.planes; ++plane) {
      add(builder, {dimension, 1, plan.switch_lanes}, plan.leaves);
      add(builder, {dimension, 2, plan.switch_lanes}, plan.blocks * plan.spines);
      add(builder, {dimension, 3, plan.switch_lanes}, plan.spines * plan.cores);
    }
  }

  NodeId leaf(std::uint32_t plane, std::uint32_t leaf) const { return at(plane, leaf); }
  NodeId spine(std::uint32_t plane, std::uint32_t block, std::uint32_t spine) const {
    return at(plane, plan_.leaves + block * plan_.spines + spine);
  }
  NodeId core(std::uint32_t plane, std::uint32_t spine, std::uint32_t core) const {
    return at(plane, plan_.leaves + plan_.blocks * plan_.spines + spine * plan_.cores + core);
  }

 private:
  void add(GraphBuilder& builder, SwitchInfo info, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) nodes_.push_back(builder.add_switch(info));
  }
  NodeId at(std::uint32_t plane, std::uint32_t index) const {
    return nodes_[plane * (nodes_.size() / plan_.planes) + index];
  }

  const DimensionPlan& plan_;
  std::vector<NodeId> nodes_;
};

void wire_uplinks(GraphBuilder& builder, const DimensionPlan& plan, const SwitchFabric& fabric) {
  const LinkTypeId type = builder.link_type(plan.uplink, plan.name);
  for (std::uint32_t plane = 0; plane < plan.planes; ++plane) {
    for (std::uint32_t leaf = 0; leaf < plan.leaves; ++leaf) {
      for (std::uint32_t spine = 0; spine < plan.spines; ++spine) {
        const NodeId top = fabric.spine(plane, leaf / plan.block_leaves, spine);
        builder.connect(fabric.leaf(plane, leaf), top, type, kSwitchPort, kSwitchPort);
      }
    }
  }
}

void wire_core_links(GraphBuilder& builder, const DimensionPlan& plan, const SwitchFabric& fabric) {
  const LinkTypeId type = builder.link_type(plan.core_link, plan.name);
  for (std::uint32_t plane = 0; plane < plan.planes; ++plane) {
    for (std::uint32_t block = 0; block < plan.blocks; ++block) {
      for (std::uint32_t spine = 0; spine < plan.spines; ++spine) {
        const NodeId from = fabric.spine(plane, block, spine);
        for (std::uint32_t core = 0; core < plan.cores; ++core) {
          builder.connect(from, fabric.core(plane, spine, core), type, kSwitchPort, kSwitchPort);
        }
      }
    }
  }
}

void wire_switches(GraphBuilder& builder, const DimensionPlan& plan, LinkTypeId type,
                   Span<const NodeId> members) {
  const SwitchFabric fabric(builder, plan);
  for (std::uint32_t c = 0; c < members.size(); ++c) {
    for (std::uint32_t plane = 0; plane < plan.planes; ++plane) {
      builder.connect(members[c], fabric.leaf(plane, c / plan.leaf_down), type, plane, kSwitchPort);
    }
  }
  if (plan.tiers >= 2) wire_uplinks(builder, plan, fabric);
  if (plan.tiers >= 3) wire_core_links(builder, plan, fabric);
}

}  // namespace

void wire_group(GraphBuilder& builder, const DimensionPlan& plan, Span<const NodeId> members) {
  PODSIM_CHECK(members.size() == plan.size, "{} members for a plan of {}", members.size(), plan.size);
  const LinkTypeId type = builder.link_type(plan.link, plan.name);
  switch (plan.kind) {
    case Kind::FullMesh:
      return wire_full_mesh(builder, type, members);
    case Kind::Torus:
      return wire_torus(builder, type, members);
    case Kind::Switch:
    case Kind::Clos:
      return wire_switches(builder, plan, type, members);
  }
}

}  // namespace podsim::topology
