// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/topology/graph.h"

// What a pod file says: plain data, read by config::load<PodConfig>, built by build_pod (pod.h).
// docs/components/topology.md explains every kind with a picture of its numbering.
namespace podsim::topology {

// One link in both directions, which are alike.
struct LinkConfig {
  // Published port rate of one direction. The payload-carrying LinkType::bandwidth is this times the pod's
  // encoding_efficiency, and that is the only place where the two meet.
  config::Sourced<BytesPerSecond> bandwidth;
  config::Sourced<Picoseconds> latency;  // as LinkType::latency: wire and the element it ends at
  Medium medium = Medium::CopperCable;
  std::optional<config::Sourced<std::int64_t>> lanes;  // SerDes lanes of one direction; default: one port
  std::int64_t links_per_cable = 1;                    // a breakout cable carries several links

  void describe(config::Fields& f);
};

// Every NPU of a group has a cable to every other one.
struct FullMesh {
  static constexpr const char* kKind = "full_mesh";
  std::string name;
  std::string source;
  std::int64_t size = 0;
  LinkConfig link;

  void describe(config::Fields& f);
};

// A ring: NPU c has cables to c - 1 and c + 1, modulo size (at least 3). Several of them make a torus.
struct Torus {
  static constexpr const char* kKind = "torus";
  std::string name;
  std::string source;
  std::int64_t size = 0;
  LinkConfig link;

  void describe(config::Fields& f);
};

// Each group hangs on `planes` switches; an NPU has one link to each. Rails are switches over the outer
// coordinate.
struct Switch {
  static constexpr const char* kKind = "switch";
  std::string name;
  std::string source;
  std::int64_t size = 0;
  std::int64_t planes = 1;
  std::optional<config::Sourced<std::int64_t>> switch_ports;  // of lanes_per_port lanes each
  LinkConfig link;

  void describe(config::Fields& f);
};

// A folded Clos network of 1 to 3 tiers of switches, `planes` times, with no cable between planes.
//   1 tier: one leaf. 2 tiers: leaves of `leaf_down` NPUs, each leaf has one uplink to each of `spines`
//   spines. 3 tiers: blocks of `block_leaves` leaves and `spines` spines; spine s of every block has one
//   core_link to each of the `cores` core switches of column s.
// Instead of spines and cores, `oversubscription` gives downlink over uplink bandwidth of a switch.
struct Clos {
  static constexpr const char* kKind = "clos";
  std::string name;
  std::string source;
  std::int64_t size = 0;
  std::int64_t tiers = 2;
  std::int64_t planes = 1;
  std::int64_t leaf_down = 0;  // 0: all NPUs on one leaf
  std::optional<std::int64_t> spines;
  std::optional<std::int64_t> block_leaves;
  std::optional<std::int64_t> cores;
  std::optional<double> oversubscription;
  std::optional<config::Sourced<std::int64_t>> switch_ports;  // of any tier, of lanes_per_port lanes each
  LinkConfig link;                                            // NPU to leaf
  std::optional<LinkConfig> uplink;                           // leaf to spine; default: as link
  std::optional<LinkConfig> core_link;                        // spine to core; default: as uplink

  void describe(config::Fields& f);
};

using DimensionConfig = std::variant<FullMesh, Torus, Switch, Clos>;

// Whom the wiring of a join connects.
enum class JoinAcross : std::uint8_t {
  Positions,  // NPU k of every group that has one with NPU k of the others: a dimension over groups
  Npus,       // every NPU of every group with every other one
};

// What joins the groups of a ragged pod. The wiring's own `size` stays away: the groups give it.
struct JoinConfig {
  JoinAcross across = JoinAcross::Positions;
  DimensionConfig wiring;

  void describe(config::Fields& f);
};

// One kind of link of an imported graph; its key in `link_types` is LinkType::name.
struct GraphLinkType {
  std::string dimension;  // default: the key
  LinkConfig link;

  void describe(config::Fields& f);
};

// A cable of an imported graph, both directions. Nodes: NPU i is i, switch j is npus + j.
struct GraphLink {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::string type;  // a key of link_types

  void describe(config::Fields& f);
};

// A graph as data: what `podsim topology --export json` writes and what anybody's script can write.
struct GraphConfig {
  std::int64_t npus = 0;
  std::int64_t switches = 0;
  std::optional<config::Sourced<std::int64_t>> switch_ports;
  std::map<std::string, GraphLinkType> link_types;
  std::vector<GraphLink> links;

  void describe(config::Fields& f);
};

// What is different about some cards. `npus` and `range` add up.
struct CardOverride {
  std::vector<std::int64_t> npus;
  std::vector<std::int64_t> range;  // [first, last], both included
  double compute_scale = 1.0;       // speed of the card's compute, 1.0: as the chip file says
  double link_scale = 1.0;          // rate of its cables; between two scaled cards the slower one decides
  // "DIMENSION:PORT": of a full mesh the coordinate of the peer, of a torus "+" or "-", of a switch or Clos
  // the plane, of an imported graph the node at the other end.
  std::vector<std::string> missing_ports;

  void describe(config::Fields& f);
};

// Cards that wait in each cabinet for one to fail: UB-Mesh's 64 + 1. A spare hangs on the switches of the
// backplane, so a cable of the card it stands in for becomes a way through one of them.
struct SparesConfig {
  config::Sourced<std::int64_t> cards;   // of a cabinet
  config::Sourced<Picoseconds> latency;  // that every link of a replaced card takes longer
  std::optional<config::Sourced<BytesPerSecond>>
      bandwidth;  // of all links of a spare together, one direction

  void describe(config::Fields& f);
};

// What stands and falls together: cabinet c has the NPUs c * cards to (c + 1) * cards - 1, and the switches
// that have links to NPUs of it alone.
struct CabinetConfig {
  config::Sourced<std::int64_t> cards;
  std::optional<SparesConfig> spares;

  void describe(config::Fields& f);
};

struct GroupConfig;

// A pod: exactly one of `dimensions` (regular), `groups` with `join` (nested, ragged) and `graph`.
struct PodConfig {
  std::string name;
  std::string description;
  std::string source;
  std::string chip;      // default chip file of the pod, resolved by the layers above
  std::string stack;     // default software stack file
  std::string protocol;  // default link protocol file
  std::optional<config::Sourced<std::int64_t>> port_budget;  // ports of an NPU; absent: not checked
  std::int64_t lanes_per_port = 4;
  bool npu_forwards = true;  // packets may pass through an NPU on their way to another
  // Payload-carrying share of the published port rates. Absent: 1.0, in a group as in the pod around it.
  std::optional<config::Sourced<double>> encoding_efficiency;
  std::vector<DimensionConfig> dimensions;  // innermost first: the first coordinate of an NPU id runs fastest
  std::vector<GroupConfig> groups;          // NPU ids run through group after group
  std::optional<JoinConfig> join;
  std::optional<config::Ref<GraphConfig>> graph;
  std::vector<CardOverride> cards;
  std::optional<CabinetConfig> cabinet;  // of the outermost pod

  void describe(config::Fields& f);
};

// `count` copies of a pod inside a pod. Chip, stack, protocol, port_budget, lanes_per_port and npu_forwards
// are those of the outermost pod.
struct GroupConfig {
  std::string name;
  std::int64_t count = 1;
  config::Ref<PodConfig> pod;

  void describe(config::Fields& f);
};

}  // namespace podsim::topology

template <>
struct podsim::config::EnumNames<podsim::topology::Medium> {
  static constexpr const char* kWhat = "medium";
  static constexpr std::array kNames{std::pair{topology::Medium::Board, "board"},
                                     std::pair{topology::Medium::CopperCable, "copper"},
                                     std::pair{topology::Medium::OpticalFibre, "optical"}};
};

template <>
struct podsim::config::EnumNames<podsim::topology::JoinAcross> {
  static constexpr const char* kWhat = "join";
  static constexpr std::array kNames{std::pair{topology::JoinAcross::Positions, "positions"},
                                     std::pair{topology::JoinAcross::Npus, "npus"}};
};
