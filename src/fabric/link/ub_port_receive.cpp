// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The receive side of UbPort.
#include "podsim/fabric/link/ub_port.h"

namespace podsim::fabric {

void UbPort::hub_event(std::uint32_t what, std::int64_t now) {
  if (what == kArrival) return arrival(now);
  if (what == kService) {
    if (service_at_ != now) return;  // an earlier one replaced it
    service_at_ = kNever;
    return service(now);
  }
  if (waiting_ && now >= timeout_at_) request_retry(now);
}

// A block is on its way. Credits and acknowledgements need no event of their own: they are looked at when the
// transmit side has something to send.
tlm::tlm_sync_enum UbPort::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                           sc_core::sc_time& delay) {
  PODSIM_CHECK(phase == tlm::BEGIN_REQ, "{} in phase {}", name(), static_cast<unsigned>(phase));
  const std::int64_t at = sim::annotated_ps(delay) + receive_ps_;
  const UbBlock& block = BlockPool::of(payload);
  if (!block.corrupted) take_returns(block, at);
  if (block.kind != BlockKind::CreditAck || block.corrupted) {
    // One event for the next arrival, not one for each block on its way: the hub's queue stays short.
    if (arriving_.empty()) context_.hub.schedule(at, *this, kArrival);
    arriving_.push_back({at, block});
  }
  return tlm::TLM_COMPLETED;
}

void UbPort::take_returns(const UbBlock& block, std::int64_t at) {
  Return news{at, block.acknowledged, 0, 0};
  if (block.returned_lanes == 0 && retry_.size() > 0) {
    returns_.push_back(news);
  }
  for (std::uint32_t rest = block.returned_lanes; rest != 0; rest &= rest - 1) {
    news.lane = static_cast<std::uint8_t>(__builtin_ctz(rest));
    news.cells = block.returned[news.lane];
    returns_.push_back(news);
  }
  if (ready_ != 0 && service_at_ == kNever && !in_service_) schedule_service(std::max(at, free_at_));
}

void UbPort::arrival(std::int64_t now) {
  const Arriving next = arriving_.front();
  PODSIM_CHECK(next.at == now, "{}: a block due at {} ps at {} ps", name(), next.at, now);
  arriving_.pop_front();
  if (!arriving_.empty()) context_.hub.schedule(arriving_.front().at, *this, kArrival);
  const BlockHeader& block = next.block;
  if (down_) {
    ++stats_.discarded_blocks;
  } else if (block.corrupted) {
    ++stats_.discarded_blocks;
    if (!waiting_) request_retry(now);
  } else if (block.kind == BlockKind::Null) {
    receive_null(block);
  } else if (block.kind == BlockKind::Retry) {
    receive_retry(block, now);
  } else if (waiting_) {
    ++stats_.discarded_blocks;
  } else {
    accept(block);
    service(now);
  }
}

void UbPort::accept(const BlockHeader& block) {
  PODSIM_CHECK(block.sequence == received_, "{} gets flit {}, expects {}", name(), block.sequence, received_);
  received_ += block.flits;
  attempts_ = 0;
  const std::int64_t cells = context_.cells(block.flits);
  lane_[block.lane].buffered += cells;
  buffered_total_ += cells;
  stats_.peak_buffer_cells = std::max(stats_.peak_buffer_cells, buffered_total_);
  PODSIM_CHECK(buffered_total_ <= context_.link().buffer_cells.value, "{} holds {} cells of {}", name(),
               buffered_total_, context_.link().buffer_cells.value);
  identity_.owner.block_arrived(identity_.number, block);
}

void UbPort::release(std::size_t lane, std::int64_t flits) {
  const std::int64_t cells = context_.cells(flits);
  lane_[lane].buffered -= cells;
  buffered_total_ -= cells;
  lane_[lane].freed += static_cast<std::uint64_t>(cells);
  if (unreturned_cells(lane) >= context_.link().credit_return_cells.value) service(context_.hub.now());
}

void UbPort::receive_null(const BlockHeader& block) {
  if (!waiting_ || block.number != request_number_) return;
  waiting_ = false;
  if (block.sequence == received_) attempts_ = 0;  // a control block was lost: nothing is sent again
}

void UbPort::receive_retry(const BlockHeader& block, std::int64_t now) {
  absorb_returns(now);
  replay_ = retry_.size() > 0 ? 0 : kNoReplay;
  answer_due_ = true;
  answer_number_ = block.number;
  service(now);
}

void UbPort::request_retry(std::int64_t now) {
  if (++attempts_ > context_.link().retry_limit.value)
    return go_down(fmt::format("{} retries without progress", context_.link().retry_limit.value));
  ++stats_.retries;
  waiting_ = true;
  request_due_ = true;
  ++request_number_;
  timeout_at_ = now + context_.link().retry_timeout.value.count();
  context_.hub.schedule(timeout_at_, *this, kTimeout);
  service(now);
}

void UbPort::go_down(const std::string& why) {
  down_ = true;
  identity_.owner.port_down(identity_.number, why);
}

}  // namespace podsim::fabric
