// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/pod_config.h"

namespace podsim::topology {

using namespace literals;

namespace {

constexpr std::int64_t kMostNpus =
    1 << 20;  // of a pod; ids and closed-form link numbers stay far inside 32 bits

template <class D>
void describe_head(config::Fields& f, D& dimension) {
  f.required("name", dimension.name, "name of the dimension, as results show it").non_empty();
  f.value_or("source", dimension.source, "", "where this wiring is published, or `assumed: why`");
  f.value_or("size", dimension.size, 0, "NPUs of one group; only the wiring of a join leaves it out")
      .between(0, kMostNpus);
}

}  // namespace

void LinkConfig::describe(config::Fields& f) {
  f.required("bandwidth", bandwidth, "published port rate of one direction").between(1_MBps, 100_TBps);
  f.required("latency", latency, "wire and forwarding by the element it ends at").between(1_ps, 1_ms);
  f.value_or("medium", medium, Medium::CopperCable, "what the cable is made of");
  f.optional("lanes", lanes, "SerDes lanes of one direction; default: one port").between(1, 4096);
  f.value_or("links_per_cable", links_per_cable, 1,
             "links that share one cable, for counts of cables and optics")
      .between(1, 64);
}

void FullMesh::describe(config::Fields& f) {
  describe_head(f, *this);
  f.required("link", link, "cable between two NPUs");
}

void Torus::describe(config::Fields& f) {
  describe_head(f, *this);
  f.required("link", link, "cable between two neighbours");
}

void Switch::describe(config::Fields& f) {
  describe_head(f, *this);
  f.value_or("planes", planes, 1, "switches of one group, each with a link to every NPU of it")
      .between(1, 4096);
  f.optional("switch_ports", switch_ports, "ports of one switch, checked").between(1, kMostNpus);
  f.required("link", link, "cable between an NPU and a switch");
}

void Clos::describe(config::Fields& f) {
  describe_head(f, *this);
  f.value_or("tiers", tiers, 2, "tiers of switches").between(1, 3);
  f.value_or("planes", planes, 1, "copies of the network; an NPU has a link into each").between(1, 4096);
  f.value_or("leaf_down", leaf_down, 0, "NPUs of one leaf switch; 0: all").between(0, kMostNpus);
  f.optional("spines", spines, "spine switches of a plane, of a block when there are 3 tiers")
      .between(1, kMostNpus);
  f.optional("block_leaves", block_leaves, "leaf switches of a block, 3 tiers only").between(1, kMostNpus);
  f.optional("cores", cores, "core switches above each spine, 3 tiers only").between(1, kMostNpus);
  f.optional("oversubscription", oversubscription,
             "downlink over uplink bandwidth of a switch, instead of spines and cores")
      .between(0.01, 1000.0);
  f.optional("switch_ports", switch_ports, "ports of one switch of any tier, checked").between(1, kMostNpus);
  f.required("link", link, "cable between an NPU and a leaf switch");
  f.optional("uplink", uplink, "cable between leaf and spine; default: as link");
  f.optional("core_link", core_link, "cable between spine and core; default: as uplink");
  f.check(tiers == 1 || leaf_down > 0, "a Clos of {} tiers needs leaf_down, the NPUs of a leaf switch",
          tiers);
  f.check(tiers == 3 || (!block_leaves && !cores && !core_link),
          "block_leaves, cores and core_link belong to 3 tiers, not {}", tiers);
  f.check(tiers > 1 || (!spines && !uplink && !oversubscription),
          "spines, uplink and oversubscription belong to 2 or 3 tiers, not 1");
  f.check(tiers == 1 || spines.has_value() != oversubscription.has_value(),
          "expected either spines or oversubscription");
  f.check(tiers < 3 || block_leaves.has_value(), "a Clos of 3 tiers needs block_leaves");
  f.check(tiers < 3 || cores.has_value() != oversubscription.has_value(),
          "expected either cores or oversubscription");
}

void JoinConfig::describe(config::Fields& f) {
  f.value_or("across", across, JoinAcross::Positions, "whom the wiring connects");
  f.required("wiring", wiring, "the outer dimension; its size comes from the groups");
}

void GraphLinkType::describe(config::Fields& f) {
  f.value_or("dimension", dimension, "", "name it is counted under; default: its own");
  f.required("link", link, "what all links of this type have in common");
}

void GraphLink::describe(config::Fields& f) {
  f.required("from", from, "node at one end: NPU i is i, switch j is npus + j").between(0, 2 * kMostNpus);
  f.required("to", to, "node at the other end").between(0, 2 * kMostNpus);
  f.required("type", type, "a key of link_types");
}

void GraphConfig::describe(config::Fields& f) {
  f.required("npus", npus, "number of NPUs").between(1, kMostNpus);
  f.value_or("switches", switches, 0, "number of switches").between(0, kMostNpus);
  f.optional("switch_ports", switch_ports, "ports of one switch, checked").between(1, kMostNpus);
  f.required("link_types", link_types, "kinds of links by name");
  f.required("links", links, "cables; each carries both directions");
}

void CardOverride::describe(config::Fields& f) {
  f.value_or("npus", npus, {}, "ids of the cards").between(0, kMostNpus);
  f.value_or("range", range, {}, "first and last id of a run of cards, both included").between(0, kMostNpus);
  f.value_or("compute_scale", compute_scale, 1.0, "speed of compute, relative to the chip file")
      .between(1e-3, 1e3);
  f.value_or("link_scale", link_scale, 1.0, "rate of the card's cables, relative to the dimension")
      .between(1e-3, 1e3);
  f.value_or("missing_ports", missing_ports, {},
             "DIMENSION:PORT, such as x:3 (peer), ring:+ or up:2 (plane)");
  f.check(range.empty() || (range.size() == 2 && range[0] <= range[1]),
          "range is [first, last], first <= last");
  f.check(!npus.empty() || !range.empty(), "expected npus or range, the cards that are different");
}

void SparesConfig::describe(config::Fields& f) {
  f.required("cards", cards, "cards of a cabinet that stand in for failed ones").between(0, kMostNpus);
  f.required("latency", latency, "that every link of a card takes longer once a spare stands in for it")
      .at_least(Picoseconds(0));
  f.optional("bandwidth", bandwidth,
             "of all links of a spare together, one direction; default: those of the card it stands in for")
      .at_least(BytesPerSecond(1));
}

void CabinetConfig::describe(config::Fields& f) {
  f.required("cards", cards, "cards of one cabinet, with neighbouring ids").between(1, kMostNpus);
  f.optional("spares", spares, "cards that stand in for failed ones");
}

void PodConfig::describe(config::Fields& f) {
  f.value_or("name", name, "", "name of the pod");
  f.value_or("description", description, "", "what the pod is, in a sentence or two");
  f.value_or("source", source, "", "where the structure is published, or `assumed: why`");
  f.value_or("chip", chip, "", "default chip file");
  f.value_or("stack", stack, "", "default software stack file");
  f.value_or("protocol", protocol, "", "default link protocol file");
  f.optional("port_budget", port_budget, "ports of an NPU; building fails when dimensions need more")
      .between(1, kMostNpus);
  f.value_or("lanes_per_port", lanes_per_port, 4, "SerDes lanes of a port").between(1, 64);
  f.value_or("npu_forwards", npu_forwards, true, "packets may pass through an NPU on their way to another");
  f.optional("encoding_efficiency", encoding_efficiency,
             "payload-carrying share of the published port rates; default 1.0, or that of the pod around")
      .between(0.1, 1.0);
  f.value_or("dimensions", dimensions, {}, "a regular pod: its dimensions, innermost first");
  f.value_or("groups", groups, {}, "a nested pod: its groups, which may differ");
  f.optional("join", join, "what connects the groups");
  f.optional("graph", graph, "an imported graph, here or in a file");
  f.value_or("cards", cards, {}, "cards that are different");
  f.optional("cabinet", cabinet, "which cards share a cabinet, for faults and spares");
  const int forms = (dimensions.empty() ? 0 : 1) + (groups.empty() ? 0 : 1) + (graph ? 1 : 0);
  f.check(forms == 1, "expected exactly one of dimensions, groups and graph, found {}", forms);
  f.check(groups.empty() || join.has_value(), "groups need a join");
  f.check(!groups.empty() || !join.has_value(), "a join belongs to groups");
}

void GroupConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the group, for messages").non_empty();
  f.value_or("count", count, 1, "copies of it").between(1, kMostNpus);
  f.required("pod", pod, "the pod it is, here or in a file");
}

}  // namespace podsim::topology
