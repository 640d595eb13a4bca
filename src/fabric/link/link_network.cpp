// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/link/link_network.h"

#include "podsim/base/error.h"

namespace podsim::fabric {
namespace {

// IdVector cannot be filled with what cannot be copied.
template <class I, class T>
IdVector<I, std::unique_ptr<T>> empty_slots(std::size_t count) {
  IdVector<I, std::unique_ptr<T>> slots;
  slots.reserve(count);
  for (std::size_t i = 0; i < count; ++i) slots.push_back(nullptr);
  return slots;
}

// The protocol with receive buffers as the run wants them, shared out as before.
ProtocolConfig with_buffers(ProtocolConfig protocol, const FabricConfig& config) {
  if (!protocol.link_layer)
    throw ConfigError(fmt::format(
        "protocol {} has no link_layer, which fidelity link needs: choose fidelity packet or bound",
        protocol.name));
  if (!config.buffers) return protocol;
  LinkLayerConfig& layer = *protocol.link_layer;
  const std::int64_t cells = config.buffers->count() / (layer.cell_flits.value * protocol.flit.value.count());
  layer.exclusive_cells.value = cells * layer.exclusive_cells.value / layer.buffer_cells.value;
  layer.buffer_cells.value = cells;
  return protocol;
}

}  // namespace

LinkNetwork::LinkNetwork(const topology::Pod& pod, const ProtocolConfig& protocol, const FabricConfig& config,
                         std::uint64_t seed)
    : graph_(pod.graph),
      protocol_(with_buffers(protocol, config)),
      config_(config),
      chooser_(*pod.routing, config.path_spread, seed),
      hub_("hub", protocol.send_latency.value),
      context_{hub_, protocol_, packets_, blocks_, packet_payloads_, totals_} {
  for (const topology::LinkType& type : graph_.link_types()) {
    timings_.push_back(link_timing(protocol_, type));
    // A request, its answer and a block that is under way on each side.
    const LinkTiming& timing = timings_[LinkTypeId(timings_.size() - 1)];
    const std::int64_t turn = 2 * type.latency.count() + 4 * timing.serialization_ps.back();
    if (protocol_.link_layer->bit_error_rate.value > 0.0 &&
        protocol_.link_layer->retry_timeout.value.count() <= turn)
      throw ConfigError(fmt::format("retry_timeout is {}, but an answer over link '{}' takes up to {}",
                                    to_string(protocol_.link_layer->retry_timeout.value), type.name,
                                    to_string(Picoseconds(turn))));
  }
  number_ports();
  make_elements();
  make_links(seed);
  make_controllers();
}

void LinkNetwork::number_ports() {
  port_of_link_ = IdVector<LinkId, std::uint16_t>(graph_.link_count(), 0);
  links_of_ = IdVector<NodeId, std::vector<LinkId>>(graph_.node_count());
  for (std::size_t i = 0; i < graph_.link_count(); ++i) {
    std::vector<LinkId>& ports = links_of_[graph_.link(LinkId(i)).from];
    port_of_link_[LinkId(i)] = static_cast<std::uint16_t>(ports.size());
    ports.emplace_back(i);
  }
}

void LinkNetwork::make_elements() {
  elements_ = empty_slots<NodeId, UbSwitch>(graph_.node_count());
  for (std::size_t i = 0; i < graph_.node_count(); ++i) {
    const NodeId node(i);
    std::vector<const LinkTiming*> receive;
    for (const LinkId out : links_of_[node])
      receive.push_back(&timings_[graph_.link(graph_.link(out).reverse).type]);
    const bool card = graph_.is_npu(node);
    const std::string name =
        card ? fmt::format("npu_{}", i) : fmt::format("switch_{}", i - graph_.npu_count());
    elements_[node] = std::make_unique<UbSwitch>(name.c_str(), context_, *this, receive, port_of_link_, card);
  }
}

void LinkNetwork::make_links(std::uint64_t seed) {
  links_ = empty_slots<LinkId, UbLink>(graph_.link_count());
  for (std::size_t i = 0; i < graph_.link_count(); ++i) {
    const LinkId id(i);
    const topology::Link& wire = graph_.link(id);
    links_[id] = std::make_unique<UbLink>(fmt::format("link_{}", i).c_str(), timings_[wire.type], seed, id);
    elements_[wire.from]->port(port_of_link_[id]).link_out.bind(links_[id]->port_in);
    links_[id]->port_out.bind(elements_[wire.to]->port(port_of_link_[wire.reverse]).link_in);
  }
}

void LinkNetwork::make_controllers() {
  controllers_ = empty_slots<NpuId, UbController>(graph_.npu_count());
  for (std::size_t i = 0; i < graph_.npu_count(); ++i) {
    std::vector<BytesPerSecond> rates;
    for (const LinkId out : links_of_[NodeId(i)]) rates.push_back(graph_.type_of(out).bandwidth);
    const UbController::Settings settings{NpuId(i), config_, chooser_, port_of_link_, rates, totals_};
    std::unique_ptr<UbController>& made = controllers_[NpuId(i)];
    made = std::make_unique<UbController>(fmt::format("controller_{}", i).c_str(), context_, settings);
    made->packet_out.bind(*elements_[NodeId(i)]->local_in);
    elements_[NodeId(i)]->local_out->bind(made->packet_in);
  }
}

void LinkNetwork::attach(NpuId npu, Endpoint& endpoint) {
  cards_.push_back(std::make_unique<MessageCard>(endpoint));
  controllers_[npu]->attach(*cards_.back());
}

bool LinkNetwork::MessageCard::next_transaction(Picoseconds now, Transaction& transaction) {
  Message message;
  if (!endpoint_.next_message(now, message)) return false;
  transaction = Transaction();
  transaction.posted = true;
  transaction.target = message.destination;
  transaction.length = message.payload;
  transaction.lane_class = message.lane_class;
  transaction.segment = Bytes(message.segment);
  transaction.tag = message.tag;
  transaction.flow = message.flow;
  return true;
}

void LinkNetwork::MessageCard::request_arrived(const Request& request) {
  endpoint_.message_arrived({request.source, request.header.tag, Bytes(request.header.length), request.time});
}

void LinkNetwork::MessageCard::completed(const Completion&) {
  PODSIM_CHECK(false, "a message has an answer");
}

void LinkNetwork::port_down(const UbSwitch& element, std::size_t port, const std::string& why) {
  for (std::size_t i = 0; i < graph_.node_count(); ++i) {
    if (elements_[NodeId(i)].get() != &element) continue;
    const LinkId back = links_of_[NodeId(i)][port];
    throw ConfigError(fmt::format("link {} went down at {}: {}", graph_.link_name(graph_.link(back).reverse),
                                  to_string(Picoseconds(hub_.now())), why));
  }
}

void LinkNetwork::check_progress() const {
  const std::uint64_t in_flight = totals_.packets_offered - totals_.packets_delivered;
  if (in_flight == 0) return;
  const std::string cycle = name_cycle(graph_, find_cycle(*this, graph_));
  throw ConfigError(fmt::format("deadlock at {}: {} packets are in flight and nothing can move{}",
                                to_string(Picoseconds(hub_.now())), in_flight, cycle));
}

}  // namespace podsim::fabric
