// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The receiving side of UbController.
#include "podsim/fabric/link/ub_controller.h"

namespace podsim::fabric {

void UbController::hub_event(std::uint32_t what, std::int64_t now) {
  if (what != kPull) return packet_arrived(*loopback_.take(what), now);
  if (pull_event_ != now) return;  // an earlier turn replaced it
  const std::int64_t at = pull_at_;
  pull_at_ = pull_event_ = kNever;
  pull(at);
}

tlm::tlm_sync_enum UbController::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  PODSIM_CHECK(phase == tlm::BEGIN_REQ, "{} in phase {}", name(), static_cast<unsigned>(phase));
  packet_arrived(*PacketPayloadPool::of(payload).packet, sim::annotated_ps(delay));
  return tlm::TLM_COMPLETED;
}

void UbController::packet_arrived(UbPacket& packet, std::int64_t now) {
  PODSIM_CHECK(packet.destination == self_, "npu {} gets a packet for npu {}", self_.value(),
               packet.destination.value());
  ++totals_.packets_delivered;
  totals_.bytes_delivered += static_cast<std::uint64_t>(packet.payload);
  const Picoseconds time(now + context_.protocol.receive_latency.value.count());
  std::int64_t whole = packet.message_bytes;
  if (packet.payload == whole) {
    complete(packet, time);
  } else {
    const std::uint64_t key = std::uint64_t{packet.source.value()} << 33U |
                              std::uint64_t{packet.header.id} << 1U | (packet.header.response ? 1U : 0U);
    std::int64_t& missing = missing_.try_emplace(key, whole).first->second;
    missing -= packet.payload;
    PODSIM_CHECK(missing >= 0, "npu {} gets {} bytes too many from npu {}", self_.value(), -missing,
                 packet.source.value());
    if (missing == 0) {
      missing_.erase(key);
      complete(packet, time);
    }
  }
  context_.packets.release(packet);
}

void UbController::complete(const UbPacket& packet, Picoseconds time) {
  ++totals_.messages_delivered;
  PODSIM_CHECK(client_ != nullptr, "npu {} gets a message and nobody is attached", self_.value());
  if (!packet.header.response) return client_->request_arrived({packet.source, packet.header, time});
  const auto open = open_.find(packet.header.id);
  PODSIM_CHECK(open != open_.end(), "npu {} gets an answer to a transaction it has not", self_.value());
  const Transaction transaction = open->second;
  open_.erase(open);
  const std::uint64_t flow = std::uint64_t{transaction.target.value()} << 32U | transaction.flow;
  if (--open_flows_[flow] == 0) open_flows_.erase(flow);
  --limit_of(transaction.load_store);
  client_->completed({packet.source, packet.header, time});
  if (held_ && !must_wait(*held_)) kick(time.count());
}

}  // namespace podsim::fabric
