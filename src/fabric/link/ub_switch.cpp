// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/ub_switch.h"

namespace podsim::fabric {

UbSwitch::UbSwitch(sc_core::sc_module_name name, const LinkContext& context, Listener& listener,
                   const std::vector<const LinkTiming*>& receive,
                   const IdVector<LinkId, std::uint16_t>& port_of_link, bool local)
    : sc_module(name),
      context_(context),
      listener_(listener),
      port_of_link_(port_of_link),
      lanes_(static_cast<std::size_t>(context.link().virtual_lanes.value)),
      outputs_(receive.size()),
      arriving_(receive.size() * lanes_, kNone) {
  if (local) {
    local_in = std::make_unique<tlm::tlm_target_socket<>>("local_in");
    local_out = std::make_unique<tlm::tlm_initiator_socket<>>("local_out");
    local_in->bind(*this);
    local_out->bind(*this);
  }
  for (std::size_t i = 0; i < receive.size(); ++i)
    ports_.push_back(std::make_unique<UbPort>(fmt::format("port_{}", i).c_str(), context,
                                              UbPort::Identity{*this, i}, *receive[i]));
}

UbSwitch::OutLane& UbSwitch::out_lane(std::size_t port, std::size_t lane) {
  std::vector<std::unique_ptr<OutLane>>& lanes = outputs_[port];
  if (lanes.size() <= lane) lanes.resize(lane + 1);
  if (lanes[lane] == nullptr) {
    lanes[lane] = std::make_unique<OutLane>();
    lanes[lane]->queue_of.assign((ports_.size() + 1) * lanes_, kNone);
  }
  return *lanes[lane];
}

std::uint32_t UbSwitch::queue_for(std::size_t in, std::size_t in_lane, const UbPacket& packet,
                                  std::size_t hop) {
  const std::size_t out = port_of_link_[packet.path.links[hop]];
  const std::size_t lane = packet.path.lanes[hop];
  std::uint32_t& index = out_lane(out, lane).queue_of[in * lanes_ + in_lane];
  if (index == kNone) {
    index = static_cast<std::uint32_t>(queues_.size());
    queues_.push_back({static_cast<std::uint16_t>(in),
                       static_cast<std::uint16_t>(out),
                       static_cast<std::uint8_t>(in_lane),
                       static_cast<std::uint8_t>(lane),
                       false,
                       {}});
  }
  return index;
}

void UbSwitch::block_arrived(std::size_t port, const BlockHeader& block) {
  const std::size_t next = block.hop + std::size_t{1};
  if (next == block.packet->path.hops) {
    ports_[port]->release(block.lane, block.flits);
    return deliver(block);
  }
  std::uint32_t& queue = arriving_[port * lanes_ + block.lane];
  if (block.number == 0) {
    queue = queue_for(port, block.lane, *block.packet, next);
    insert(queue, {block.packet, 1, 0, static_cast<std::uint8_t>(next), context_.hub.now(), nullptr});
  } else {
    Entry& entry = queues_[queue].entries.back();
    PODSIM_CHECK(entry.packet == block.packet && entry.arrived == block.number,
                 "{}: block {} of another packet on port {} lane {}", name(), block.number, port, block.lane);
    ++entry.arrived;
    wake_output(queue);
  }
}

void UbSwitch::insert(std::uint32_t index, const Entry& entry) {
  Queue& queue = queues_[index];
  queue.entries.push_back(entry);
  OutLane& lane = out_lane(queue.out, queue.out_lane);
  if (!queue.waits && lane.current != index) {
    queue.waits = true;
    lane.turns.push_back(index);
  }
  wake_output(index);
}

void UbSwitch::wake_output(std::uint32_t index) {
  ports_[queues_[index].out]->ready(queues_[index].out_lane);
}

PortOwner::Offer UbSwitch::offer(std::size_t port, std::size_t lane_number) {
  OutLane& lane = out_lane(port, lane_number);
  if (lane.current == kNone) {
    if (lane.turns.empty()) return {};
    lane.current = lane.turns.front();
    lane.turns.pop_front();
    queues_[lane.current].waits = false;
  }
  const Entry& entry = queues_[lane.current].entries.front();
  if (entry.sent == entry.arrived) return {};
  return {entry.packet, entry.sent, entry.hop, entry.since};
}

void UbSwitch::taken(std::size_t port, std::size_t lane_number) {
  OutLane& lane = out_lane(port, lane_number);
  const std::uint32_t index = lane.current;
  Queue& queue = queues_[index];
  Entry& entry = queue.entries.front();
  const std::uint8_t flits = entry.packet->flits(entry.sent++);
  tlm::tlm_generic_payload* done = nullptr;
  if (entry.sent == entry.packet->blocks) {
    done = entry.payload;
    queue.entries.pop_front();
    lane.current = kNone;
    if (!queue.entries.empty()) {
      queue.waits = true;
      lane.turns.push_back(index);
    }
  }
  if (queue.in < ports_.size()) {
    ports_[queue.in]->release(queue.in_lane, flits);
  } else if (done != nullptr) {
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sim::annotate(context_.hub.now());
    (*local_in)->nb_transport_bw(*done, phase, delay);
    done->release();
  }
}

void UbSwitch::deliver(const BlockHeader& block) {
  if (block.number + 1 != block.packet->blocks) return;
  PODSIM_CHECK(local_out != nullptr, "{} has no card and gets a packet for one", name());
  tlm::tlm_generic_payload& payload = context_.packet_payloads.allocate();
  PacketPayloadPool::of(payload).packet = block.packet;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sim::annotate(context_.hub.now());
  (*local_out)->nb_transport_fw(payload, phase, delay);
  payload.release();
}

std::optional<UbSwitch::Input> UbSwitch::waits_for_rest(std::size_t port, std::size_t lane) const {
  if (outputs_[port].size() <= lane || outputs_[port][lane] == nullptr) return std::nullopt;
  const OutLane& output = *outputs_[port][lane];
  if (output.current == kNone) return std::nullopt;
  const Queue& queue = queues_[output.current];
  const Entry& entry = queue.entries.front();
  if (entry.sent < entry.arrived || queue.in >= ports_.size()) return std::nullopt;
  return Input{queue.in, queue.in_lane};
}

// A packet of the card.
tlm::tlm_sync_enum UbSwitch::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_core::sc_time& delay) {
  PODSIM_CHECK(phase == tlm::BEGIN_REQ, "{} in phase {}", name(), static_cast<unsigned>(phase));
  payload.acquire();
  const std::int64_t at = sim::annotated_ps(delay);
  context_.hub.schedule(at, *this, coming_.put(&payload));
  return tlm::TLM_ACCEPTED;
}

void UbSwitch::hub_event(std::uint32_t what, std::int64_t now) {
  tlm::tlm_generic_payload& payload = *coming_.take(what);
  UbPacket& packet = *PacketPayloadPool::of(payload).packet;
  const std::uint32_t queue = queue_for(ports_.size(), packet.path.lanes[0], packet, 0);
  insert(queue, {&packet, packet.blocks, 0, 0, now, &payload});
}

void UbSwitch::port_down(std::size_t port, const std::string& why) {
  listener_.port_down(*this, port, why);
}

bool UbSwitch::holds_blocks(const Queue& queue) {
  for (std::size_t i = 0; i < queue.entries.size(); ++i) {
    if (queue.entries[i].arrived > queue.entries[i].sent) return true;
  }
  return false;
}

tlm::tlm_sync_enum UbSwitch::nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) {
  return tlm::TLM_ACCEPTED;
}

}  // namespace podsim::fabric
