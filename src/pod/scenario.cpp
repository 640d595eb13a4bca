// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/pod/scenario.h"

#include "podsim/base/error.h"

namespace podsim::pod {
namespace {

using namespace literals;

constexpr const char* kNamedByPod = "the file that the pod names";

bool is_pod_set(const std::string& assignment) {
  constexpr std::string_view kPrefix = "/machine/pod";
  if (assignment.compare(0, kPrefix.size(), kPrefix) != 0) return false;
  const char next = assignment.size() > kPrefix.size() ? assignment[kPrefix.size()] : '\0';
  return next == '=' || next == '/';
}

// An absent "fabric" means what an empty one does.
fabric::FabricConfig default_fabric() {
  return config::parse<fabric::FabricConfig>("{}", "fabric");
}

LoadedScenario read(config::Document document, const std::string& path,
                    const std::vector<std::string>& sets) {
  for (const std::string& set : sets) {
    if (is_pod_set(set)) document.apply_set(set);
  }
  for (const char* part : {"chip", "stack", "protocol"})
    document.copy_default(std::string("/machine/") + part, std::string("/machine/pod/") + part);
  for (const std::string& set : sets) {
    if (!is_pod_set(set)) document.apply_set(set);
  }
  return {document.read<Scenario>(), path};
}

}  // namespace

void Machine::describe(config::Fields& f) {
  f.required("pod", pod, "how the cards are connected");
  f.filled("chip", chip, kNamedByPod, "the chip of a card");
  f.filled("stack", stack, kNamedByPod, "what software costs");
  f.filled("protocol", protocol, kNamedByPod, "headers and endpoints of a link");
  f.value_or("timer", timer, npu::TimerConfig(npu::RooflineTimerConfig()), "how long work takes on a core");
}

void LayerRange::describe(config::Fields& f) {
  f.value_or("first", first, 0, "first MoE layer; 0 is the model's first layer with experts").at_least(0);
  f.value_or("count", count, 1, "how many layers, one after the other").at_least(1);
}

void ServedTypes::describe(config::Fields& f) {
  f.optional("weights", weights, "element type of expert weights; default: the model's");
  f.optional("dispatch", dispatch, "element type of rows on their way to experts; default: the model's");
  f.optional("combine", combine, "element type of results; default: the model's");
}

void MoeWorkload::describe(config::Fields& f) {
  f.required("model", model, "the network");
  f.value_or("types", types, {}, "types in which the model is served, where they differ from its own");
  f.optional("cards", cards, "the first n cards of the pod; default: all").at_least(1);
  f.value_or("tokens_per_card", tokens_per_card, 128, "tokens that each card has").between(0, 1 << 20);
  f.optional(
       "mtp_tokens", mtp_tokens,
       "tokens that multi-token prediction drafts for each of them, through the layer with it; default: 0")
      .between(0, 16);
  f.optional("expert_parallel", expert_parallel,
             "neighbouring cards that share one set of experts; default: all cards are one group")
      .at_least(1);
  f.value_or("layers", layers, {}, "which MoE layers");
  f.value_or("shared_expert", shared_expert, false,
             "compute the model's shared experts too, on every card for its own tokens");
  f.required("routing", routing, "which experts the tokens choose");
  f.value_or("placement", placement, {}, "which experts a card holds");
  f.value_or("replica_choice", replica_choice, moe::ReplicaChoice::Nearest,
             "which copy of a replicated expert a row goes to");
  f.value_or("dispatch_copies", dispatch_copies, moe::Copies::PerExpert,
             "a token travels once per chosen expert, or once per card that holds any of them");
  f.value_or("combine_copies", combine_copies, moe::Copies::PerExpert,
             "a result travels back per chosen expert, or one sum of them per card, under schedule serial");
  f.value_or(
      "exchange", exchange, npu::ExchangeFamily::HighThroughput,
      "dispatch and combine under schedules that have them as operators: bulk messages behind an exchange "
      "of counts, or single rows to slots of their own");
  f.value_or("launch", launch, npu::Launch::Graph,
             "kernels start from a captured graph, or one by one from the host");
  f.check(combine_copies == moe::Copies::PerExpert || dispatch_copies == moe::Copies::PerCard,
          "combine_copies: per_card needs dispatch_copies per_card");
  f.check(exchange == npu::ExchangeFamily::HighThroughput || dispatch_copies == moe::Copies::PerExpert,
          "exchange: low_latency has a slot for every expert's row and needs dispatch_copies per_expert");
}

void AllToAllWorkload::describe(config::Fields& f) {
  f.optional("cards", cards, "the first n cards of the pod; default: all").at_least(1);
  f.required("row", row, "payload from every card to every other").between(1_B, 1_GiB);
  f.value_or("order", order, AllToAllOrder::Rotated, "in which order a card sends");
}

void HostPattern::describe(config::Fields& f) {
  f.required("period", period, "endpoints after which the pattern begins again").at_least(1);
  f.required("first", first, "number in the period from which on they are hosts").at_least(0);
}

void TransferConfig::describe(config::Fields& f) {
  f.required("name", name, "what the figures are called").non_empty();
  f.required("operation", operation, "what is done to the memory");
  f.required("from", from, "cards that do it").at_least(0);
  f.value_or("to", to, {}, "whose memory; one for all of `from`, or one for each").at_least(0);
  f.optional("address", address, "instead of `to`: pod-wide address of the first byte").at_least(0_B);
  f.required("size", size, "bytes of one operation; 8 for atomics").between(1_B, 1024_GiB);
  f.optional("stride", stride, "from one operation to the next; default: size").at_least(0_B);
  f.value_or("operations", operations, 1, "how many, by every pair").between(1, 1 << 24);
  f.value_or("in_flight", in_flight, 1,
             "operations of a pair begun and not ended; 1: each waits for the last")
      .between(1, 1 << 20);
  f.value_or("one_path", one_path, false, "all of a pair's traffic takes one path, as one queue pair's does");
  f.value_or("operand", operand, 1, "fetch_add: what is added; compare_swap: what is stored");
  f.value_or("expected", expected, 0, "compare_swap: stored if this is found");
  f.check(!from.empty(), "from: expected at least one card");
  f.check(to.empty() == address.has_value(), "expected one of to and address");
  f.check(from.size() == 1 || to.size() <= 1 || from.size() == to.size(),
          "from and to: expected lists of one length, or one of them with one entry");
  const bool atomic =
      operation == npu::MemoryOperation::CompareSwap || operation == npu::MemoryOperation::FetchAdd;
  f.check(!atomic || size == 8_B, "size: atomics are of 8 B");
}

void GlobalMemoryWorkload::describe(config::Fields& f) {
  f.required("access", access, "what one-sided access costs");
  f.optional("hosts", hosts, "endpoints that are hosts; default: none");
  f.optional("memory", memory, "bytes of each card in the map; default: the chip's").at_least(4_KiB);
  f.optional("page", page, "the map interleaves the cards in pages of this size; default: it does not")
      .at_least(64_B);
  f.value_or("order", order, TransferOrder::InTurn, "transfers one after the other, or all at once");
  f.required("transfers", transfers, "what is read and written");
}

void CollectiveWorkload::describe(config::Fields& f) {
  f.required("operation", operation, "what the cards have at the end");
  f.value_or("algorithm", algorithm, npu::CollectiveAlgorithm::Mesh, "who sends to whom in which order");
  f.value_or("across", across, npu::CollectiveAlgorithm::Mesh, "hierarchical: the algorithm between groups");
  f.optional("cards", cards, "the first n cards of the pod; default: all").between(1, 65536);
  f.optional("group", group, "hierarchical: cards of a group; default: of the innermost dimension")
      .between(1, 65536);
  f.required("bytes", bytes, "of one card's vector: the longer one of its input and its result")
      .between(1_B, 1024_GiB);
  f.value_or("dtype", dtype, moe::DataType::Fp16, "elements: chunks are cut between them");
  f.optional("piece", piece, "bytes that are sent and reduced at a time; default: /fabric/chunk")
      .between(64_B, 1_GiB);
  f.value_or("repeats", repeats, 1, "calls, each when the last one has ended on all cards").between(1, 1000);
}

void Output::describe(config::Fields& f) {
  f.value_or("timeline_cards", timeline_cards, {}, "cards whose spans are recorded").at_least(0);
}

void Scenario::describe(config::Fields& f) {
  f.required("name", name, "name of the scenario").non_empty();
  f.value_or("description", description, "", "what it is for");
  f.required("machine", machine, "the hardware and its software");
  f.value_or("fabric", fabric, default_fabric(), "how traffic is carried");
  f.required("workload", workload, "what runs on it");
  f.value_or("schedule", schedule, npu::ScheduleConfig(npu::WaveFillSchedule()),
             "how an MoE layer is scheduled on a card");
  f.optional("faults", faults, "parts that fail; default: all work");
  f.value_or("output", output, {}, "what is recorded");
  f.value_or("seed", seed, 1, "of everything random").at_least(0);
}

LoadedScenario load_scenario(const std::string& path, const std::vector<std::string>& sets) {
  return read(config::Document::load(path), path, sets);
}

LoadedScenario parse_scenario(const std::string& text, const std::string& name,
                              const std::vector<std::string>& sets) {
  return read(config::Document::parse(text, name), name, sets);
}

}  // namespace podsim::pod
