// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The transmit side of UbPort.
#include "podsim/fabric/link/ub_port.h"

namespace podsim::fabric {
namespace {

// Crd_Ack takes 2 flits, Null and Retry 1 (UB Base Specification 2.0.1).
constexpr std::uint8_t kCreditAckFlits = 2;
constexpr std::uint8_t kNullFlits = 1;

}  // namespace

UbPort::UbPort(sc_core::sc_module_name name, const LinkContext& context, Identity identity,
               const LinkTiming& receive)
    : sc_module(name),
      link_out("link_out"),
      link_in("link_in"),
      context_(context),
      identity_(identity),
      receive_ps_(receive.receive_ps),
      lanes_(static_cast<std::size_t>(context.link().virtual_lanes.value)),
      arbiter_(context.protocol.block_flits.value),
      credits_(context.link().buffer_cells.value, context.link().exclusive_cells.value,
               context.link().virtual_lanes.value),
      retry_(context.link().retry_buffer_flits.value, context.packets) {
  link_out.bind(*this);
  link_in.bind(*this);
  const LinkLayerConfig& config = context_.link();
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    const bool control = lane >= lanes_ / 2;
    const bool first = control && config.arbitration == LaneArbitration::Strict;
    const std::int64_t weight = control ? config.control_weight.value : config.data_weight.value;
    arbiter_.set(lane, {static_cast<std::uint8_t>(first ? 1 : 0), static_cast<std::uint16_t>(weight)});
  }
}

void UbPort::ready(std::size_t lane) {
  ready_ |= 1U << lane;
  service(context_.hub.now());
}

void UbPort::schedule_service(std::int64_t at) {
  if (service_at_ <= at) return;
  service_at_ = at;
  context_.hub.schedule(at, *this, kService);
}

bool UbPort::returns_due() const {
  const LinkLayerConfig& config = context_.link();
  if (received_ - acknowledged_ >= static_cast<std::uint64_t>(config.ack_return_flits.value)) return true;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    if (unreturned_cells(lane) >= config.credit_return_cells.value) return true;
  }
  return false;
}

bool UbPort::wants_service() const {
  return ready_ != 0 || replay_ != kNoReplay || answer_due_ || request_due_ || returns_due();
}

void UbPort::absorb_returns(std::int64_t now) {
  for (; !returns_.empty() && returns_.front().at <= now; returns_.pop_front()) {
    const Return& news = returns_.front();
    if (news.cells > lane_[news.lane].known_freed) {
      credits_.give(news.lane, static_cast<std::int64_t>(news.cells - lane_[news.lane].known_freed));
      lane_[news.lane].known_freed = news.cells;
    }
    const std::size_t gone = retry_.acknowledge(news.acknowledged);
    if (replay_ != kNoReplay) replay_ = replay_ > gone ? replay_ - gone : 0;
  }
}

// Called whenever something may go: sends one block if the lanes are free, and asks to be called when they
// are free again if more waits.
void UbPort::service(std::int64_t now) {
  if (down_ || in_service_) return;
  if (now < free_at_) {
    if (service_at_ > free_at_ && wants_service()) schedule_service(free_at_);
    return;
  }
  in_service_ = true;
  absorb_returns(now);
  const bool sent = send_next(now);
  in_service_ = false;
  if (sent) {
    if (wants_service()) schedule_service(free_at_);
  } else if (ready_ != 0 && !returns_.empty()) {
    schedule_service(returns_.front().at);
  }
}

bool UbPort::send_next(std::int64_t now) {
  if (answer_due_) {
    answer_due_ = false;
    send_control(BlockKind::Null, answer_number_, now);
  } else if (request_due_) {
    request_due_ = false;
    send_control(BlockKind::Retry, request_number_, now);
  } else if (replay_ != kNoReplay && replay_ < retry_.size()) {
    ++stats_.resent_blocks;
    transmit_data(retry_[replay_++], now);
  } else {
    replay_ = kNoReplay;
    if (send_data(now)) return true;
    if (!returns_due()) return false;
    send_control(BlockKind::CreditAck, 0, now);
  }
  if (replay_ != kNoReplay && replay_ >= retry_.size()) replay_ = kNoReplay;
  return true;
}

bool UbPort::send_data(std::int64_t now) {
  std::array<PortOwner::Offer, kMostLanes> offers;
  std::array<std::uint8_t, kMostLanes> flits{};
  std::uint32_t eligible = 0;
  for (std::uint32_t rest = ready_; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<std::size_t>(__builtin_ctz(rest));
    offers[lane] = identity_.owner.offer(identity_.number, lane);
    if (offers[lane].packet == nullptr) {
      ready_ &= ~(1U << lane);
      continue;
    }
    flits[lane] = offers[lane].packet->flits(offers[lane].block);
    if (credits_.can_take(lane, context_.cells(flits[lane])) && retry_.has_room(flits[lane]))
      eligible |= 1U << lane;
  }
  if (eligible == 0) {
    if (ready_ != 0) ++stats_.credit_stalls;
    return false;
  }
  const std::size_t lane = arbiter_.pick(eligible, flits);
  const PortOwner::Offer& offer = offers[lane];
  credits_.take(lane, context_.cells(flits[lane]));
  const RetryBuffer::Record record{offer.packet, sent_,    offer.block, static_cast<std::uint8_t>(lane),
                                   flits[lane],  offer.hop};
  sent_ += flits[lane];
  retry_.push(record);
  ++stats_.blocks;
  ++context_.totals.hop_events;
  if (offer.block == 0) {
    ++stats_.link.packets;
    stats_.link.queue_wait_ps += now - offer.since;
    stats_.link.peak_backlog_ps = std::max(stats_.link.peak_backlog_ps, now - offer.since);
  }
  transmit_data(record, now);
  identity_.owner.taken(identity_.number, lane);
  return true;
}

UbBlock& UbPort::fill(tlm::tlm_generic_payload& payload, BlockKind kind, std::uint8_t flits) const {
  UbBlock& block = BlockPool::of(payload);
  block.kind = kind;
  block.flits = flits;
  block.corrupted = false;
  block.packet = nullptr;
  block.returned_lanes = 0;
  block.acknowledged = acknowledged_;
  return block;
}

void UbPort::transmit_data(const RetryBuffer::Record& record, std::int64_t now) {
  tlm::tlm_generic_payload& payload = context_.blocks.allocate();
  UbBlock& block = fill(payload, BlockKind::Data, record.flits);
  block.lane = record.lane;
  block.hop = record.hop & 0x7FU;
  block.number = record.number;
  block.packet = record.packet;
  block.sequence = record.sequence;
  return_with_data(block);
  transmit(payload, now);
}

void UbPort::send_control(BlockKind kind, std::uint32_t number, std::int64_t now) {
  tlm::tlm_generic_payload& payload = context_.blocks.allocate();
  UbBlock& block = fill(payload, kind, kind == BlockKind::CreditAck ? kCreditAckFlits : kNullFlits);
  block.number = number;
  block.sequence = sent_;
  return_all(block);
  ++stats_.control_blocks;
  transmit(payload, now);
}

void UbPort::transmit(tlm::tlm_generic_payload& payload, std::int64_t now) {
  const std::int64_t flits = BlockPool::of(payload).flits;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sim::annotate(now);
  const tlm::tlm_sync_enum answer = link_out->nb_transport_fw(payload, phase, delay);
  PODSIM_CHECK(answer == tlm::TLM_UPDATED && phase == tlm::END_REQ,
               "{}: the link does not say when it is free", name());
  free_at_ = sim::annotated_ps(delay);
  stats_.link.bytes += static_cast<std::uint64_t>(flits * context_.protocol.flit.value.count());
  stats_.link.busy_ps += free_at_ - now;
  payload.release();
}

// A data block's headers have room for an acknowledgement and the credits of one lane, in whole units.
void UbPort::return_with_data(UbBlock& block) {
  const LinkLayerConfig& config = context_.link();
  const std::uint64_t pending = received_ - acknowledged_;
  acknowledged_ += pending - pending % static_cast<std::uint64_t>(config.ack_return_flits.value);
  block.acknowledged = acknowledged_;
  for (std::size_t i = 0; i < lanes_; ++i) {
    return_turn_ = return_turn_ + 1 == lanes_ ? 0 : return_turn_ + 1;
    const std::int64_t cells = unreturned_cells(return_turn_);
    if (cells < config.credit_return_cells.value) continue;
    lane_[return_turn_].returned +=
        static_cast<std::uint64_t>(cells - cells % config.credit_return_cells.value);
    block.returned_lanes = static_cast<std::uint16_t>(1U << return_turn_);
    block.returned[return_turn_] = lane_[return_turn_].returned;
    return;
  }
}

// A control block returns everything to the last cell and flit.
void UbPort::return_all(UbBlock& block) {
  acknowledged_ = received_;
  block.acknowledged = received_;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    if (lane_[lane].freed == 0) continue;
    lane_[lane].returned = lane_[lane].freed;
    block.returned_lanes = static_cast<std::uint16_t>(block.returned_lanes | 1U << lane);
    block.returned[lane] = lane_[lane].freed;
  }
}

tlm::tlm_sync_enum UbPort::nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) {
  PODSIM_CHECK(false, "{}: a link has nothing to say on the backward path", name());
  return tlm::TLM_COMPLETED;
}

}  // namespace podsim::fabric
