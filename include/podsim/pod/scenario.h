// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/moe/generators.h"
#include "podsim/moe/model.h"
#include "podsim/moe/placement_config.h"
#include "podsim/moe/traffic.h"
#include "podsim/npu/chip_config.h"
#include "podsim/npu/collective_plan.h"
#include "podsim/npu/exchange.h"
#include "podsim/npu/global_memory.h"
#include "podsim/npu/schedule_config.h"
#include "podsim/npu/stack_config.h"
#include "podsim/npu/timer_config.h"
#include "podsim/pod/fault_scenario.h"
#include "podsim/topology/pod_config.h"

namespace podsim::pod {

// The pod, the chip on its cards, the software on the chip and the protocol on its links. The last three
// default to the files that the pod file names.
struct Machine {
  config::Ref<topology::PodConfig> pod;
  config::Ref<npu::ChipConfig> chip;
  config::Ref<npu::StackConfig> stack;
  config::Ref<fabric::ProtocolConfig> protocol;
  npu::TimerConfig timer = npu::RooflineTimerConfig();  // how long work takes on a core
  void describe(config::Fields& f);
};

// Which MoE layers of the model run, one after the other: 0 is the first layer with experts.
struct LayerRange {
  std::int64_t first = 0;
  std::int64_t count = 1;
  void describe(config::Fields& f);
};

// Element types in which a model is served, where they differ from the model's own (an INT8 serving of an FP8
// model on a chip without FP8).
struct ServedTypes {
  std::optional<moe::DataType> weights;
  std::optional<moe::DataType> dispatch;
  std::optional<moe::DataType> combine;
  void describe(config::Fields& f);
};

// The MoE layers of a network under expert parallelism.
struct MoeWorkload {
  static constexpr const char* kKind = "moe";
  config::Ref<moe::Model> model;
  ServedTypes types;
  std::optional<std::int64_t> cards;  // the first n of the pod; default all
  std::int64_t tokens_per_card = 128;
  std::optional<std::int64_t> mtp_tokens;       // drafted for each of them and verified with it
  std::optional<std::int64_t> expert_parallel;  // cards of one group; default: all cards are one group
  LayerRange layers;
  bool shared_expert = false;  // compute the model's shared experts on every card, for its own tokens
  moe::RoutingConfig routing;
  moe::PlacementConfig placement;
  moe::ReplicaChoice replica_choice = moe::ReplicaChoice::Nearest;
  moe::Copies dispatch_copies = moe::Copies::PerExpert;
  moe::Copies combine_copies = moe::Copies::PerExpert;
  npu::ExchangeFamily exchange = npu::ExchangeFamily::HighThroughput;
  npu::Launch launch = npu::Launch::Graph;
  void describe(config::Fields& f);
  npu::Exchange exchange_choice() const { return {exchange, launch, combine_copies}; }
  // Of one card, drafted ones included.
  std::int64_t tokens() const { return tokens_per_card * (1 + mtp_tokens.value_or(0)); }
};

// In which order a card visits the others.
enum class AllToAllOrder : std::uint8_t {
  Rotated,    // card i sends to i+1, i+2, ...: at any moment every card is wanted by one other
  Ascending,  // every card sends to 0, 1, 2, ...: the naive order, which all cards share
};

// One row from every card to every other.
struct AllToAllWorkload {
  static constexpr const char* kKind = "all_to_all";
  std::optional<std::int64_t> cards;
  Bytes row;
  AllToAllOrder order = AllToAllOrder::Rotated;
  void describe(config::Fields& f);
};

// Which endpoints of the pod are the memories of hosts: those with a number n mod `period` >= `first`.
struct HostPattern {
  std::int64_t period = 0;
  std::int64_t first = 0;
  void describe(config::Fields& f);
};

// Pairs of cards: entry k of `from` and of `to`; a list of one goes with every entry of the other.
struct TransferConfig {
  std::string name;
  npu::MemoryOperation operation = npu::MemoryOperation::Read;
  std::vector<std::int64_t> from;  // who reads or writes
  std::vector<std::int64_t> to;    // whose memory, from its first byte on
  std::optional<Bytes> address;    // instead of `to`: pod-wide
  Bytes size;                      // of one operation
  std::optional<Bytes> stride;
  std::int64_t operations = 1;
  std::int64_t in_flight = 1;
  bool one_path = false;
  std::int64_t operand = 1;
  std::int64_t expected = 0;
  void describe(config::Fields& f);
};

enum class TransferOrder : std::uint8_t { InTurn, Together };

// One-sided access to the memory of other cards.
struct GlobalMemoryWorkload {
  static constexpr const char* kKind = "global_memory";
  config::Ref<npu::OneSidedConfig> access;
  std::optional<HostPattern> hosts;
  std::optional<Bytes> memory;  // of each card
  std::optional<Bytes> page;
  TransferOrder order = TransferOrder::InTurn;
  std::vector<TransferConfig> transfers;
  void describe(config::Fields& f);
};

// A collective operation on the first cards of the pod.
struct CollectiveWorkload {
  static constexpr const char* kKind = "collective";
  npu::CollectiveOperation operation = npu::CollectiveOperation::AllReduce;
  npu::CollectiveAlgorithm algorithm = npu::CollectiveAlgorithm::Mesh;
  npu::CollectiveAlgorithm across = npu::CollectiveAlgorithm::Mesh;
  std::optional<std::int64_t> cards;
  std::optional<std::int64_t> group;
  Bytes bytes;
  moe::DataType dtype = moe::DataType::Fp16;
  std::optional<Bytes> piece;
  std::int64_t repeats = 1;
  void describe(config::Fields& f);
};

using Workload = std::variant<MoeWorkload, AllToAllWorkload, GlobalMemoryWorkload, CollectiveWorkload>;

struct Output {
  std::vector<std::int64_t> timeline_cards;  // whose spans are recorded
  void describe(config::Fields& f);
};

// What `podsim run` runs.
struct Scenario {
  std::string name;
  std::string description;
  Machine machine;
  fabric::FabricConfig fabric;
  Workload workload;
  npu::ScheduleConfig schedule;
  std::optional<FaultScenario> faults;
  Output output;
  std::int64_t seed = 1;
  void describe(config::Fields& f);
};

// A scenario ready to run.
struct LoadedScenario {
  Scenario scenario;
  std::string path;  // of the file it came from
};

// Reads the scenario file at `path` with `sets` ("/json/pointer=value") applied: those below /machine/pod
// first, then chip, stack and protocol default to what the pod names, then the others. Throws ConfigError.
LoadedScenario load_scenario(const std::string& path, const std::vector<std::string>& sets);
// The same from text, whose relative paths start at the working folder or the data folder.
LoadedScenario parse_scenario(const std::string& text, const std::string& name,
                              const std::vector<std::string>& sets);

}  // namespace podsim::pod

template <>
struct podsim::config::EnumNames<podsim::pod::AllToAllOrder> {
  static constexpr const char* kWhat = "order";
  static constexpr std::array kNames{std::pair{pod::AllToAllOrder::Rotated, "rotated"},
                                     std::pair{pod::AllToAllOrder::Ascending, "ascending"}};
};

template <>
struct podsim::config::EnumNames<podsim::pod::TransferOrder> {
  static constexpr const char* kWhat = "order";
  static constexpr std::array kNames{std::pair{pod::TransferOrder::InTurn, "in_turn"},
                                     std::pair{pod::TransferOrder::Together, "together"}};
};
