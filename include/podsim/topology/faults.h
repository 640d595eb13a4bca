// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/topology/pod.h"

// Parts of a pod that do not work: named one by one or drawn from failure rates.
namespace podsim::topology {

enum class PartKind : std::uint8_t {
  Link,     // a cable, both directions: "npu 0 -> npu 1 (x)"
  Port,     // of a card, with the cables at it: "npu 17 x:3", as missing_ports of a pod
  Switch,   // "switch 3"
  Card,     // "npu 17": it neither sends, receives nor forwards
  Cabinet,  // "cabinet 2": its cards and the switches that serve them alone
};

// One entry of a list of faults.
struct FaultConfig {
  PartKind what = PartKind::Link;
  std::string which;                  // a name as `podsim topology` and links.csv write it
  std::string at = "start";           // or a simulated time, "12us"
  std::optional<Picoseconds> repair;  // how long after its failure it works again; absent: never

  void describe(config::Fields& f);
};

// How drawn failures meet the run.
enum class DrawnAs : std::uint8_t {
  During,  // the horizon is simulated time: a part fails when it is drawn to
  Start,   // the pod has worked for the horizon: what has failed by then and is not repaired is down
};

// Failures of every part of a kind, as a Poisson process: exponential times between failures.
struct FailureRates {
  double link = 0.0;  // per hour and cable
  double port = 0.0;  // per hour and port of a card
  double switches = 0.0;
  double card = 0.0;
  double cabinet = 0.0;
  Picoseconds horizon;
  DrawnAs drawn_as = DrawnAs::During;
  std::optional<Picoseconds> repair;
  std::optional<std::int64_t> seed;  // default: that of the run

  void describe(config::Fields& f);
};

// A part, by name, and all that does not work while it does not.
struct Fault {
  static constexpr Picoseconds kNever = Picoseconds::max();
  PartKind what = PartKind::Link;
  std::string name;  // "npu 17 x:3"
  Picoseconds at;    // zero: from the start
  Picoseconds repaired = kNever;
  std::vector<NodeId> nodes;  // switches and cards, ascending
  std::vector<LinkId> links;  // both directions, ascending

  bool holds(Picoseconds now) const { return at <= now && now < repaired; }
};

// The faults of a list. Throws ConfigError, with the names that are known, for a part that the pod has not.
std::vector<Fault> resolve_faults(const Pod& pod, const std::vector<FaultConfig>& list);
// Drawn faults in order of time, of one seed always the same. Throws ConfigError when more than kMostDrawn
// are drawn.
std::vector<Fault> draw_faults(const Pod& pod, const FailureRates& rates, std::uint64_t seed);
constexpr std::size_t kMostDrawn = 10'000;

// Lets spare cards stand in for cards that are down from the start for good, each for one of its cabinet in
// order of id: the fault goes, and the card's links take the longer way that SparesConfig says. Cards that
// fail later are not replaced: moving a rank takes minutes (UB-Mesh, arXiv 2503.20377: 3 min).
// Returns the NPUs that a spare stands in for, ascending.
std::vector<NpuId> use_spares(Pod& pod, std::vector<Fault>& faults);

// Which parts work at a moment.
struct PodState {
  IdVector<LinkId, char> link_up;
  IdVector<NodeId, char> node_up;
};
PodState state_at(const Graph& graph, const std::vector<Fault>& faults, Picoseconds now);

// Why not all of the first `cards` NPUs that work can reach each other: one that cannot, whom it cannot
// reach, and the parts whose failure separates them. Empty when they can.
std::string describe_cut(const Graph& graph, bool npu_forwards, const std::vector<Fault>& faults,
                         Picoseconds now, std::size_t cards);

}  // namespace podsim::topology

template <>
struct podsim::config::EnumNames<podsim::topology::PartKind> {
  static constexpr const char* kWhat = "part";
  static constexpr std::array kNames{
      std::pair{topology::PartKind::Link, "link"}, std::pair{topology::PartKind::Port, "port"},
      std::pair{topology::PartKind::Switch, "switch"}, std::pair{topology::PartKind::Card, "card"},
      std::pair{topology::PartKind::Cabinet, "cabinet"}};
};

template <>
struct podsim::config::EnumNames<podsim::topology::DrawnAs> {
  static constexpr const char* kWhat = "moment";
  static constexpr std::array kNames{std::pair{topology::DrawnAs::During, "during"},
                                     std::pair{topology::DrawnAs::Start, "start"}};
};
