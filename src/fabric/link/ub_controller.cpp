// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The sending side of UbController.
#include "podsim/fabric/link/ub_controller.h"

#include "fabric/path_chooser.h"

namespace podsim::fabric {
namespace {

constexpr std::int64_t kAtomicBytes = 8;
constexpr std::int64_t kNotifyBytes = 8;

// Bytes that a request carries besides its headers.
std::int64_t request_payload(const Transaction& transaction) {
  switch (transaction.opcode) {
    case Opcode::Read:
      return 0;
    case Opcode::CompareSwap:
      return 2 * kAtomicBytes;
    case Opcode::FetchAdd:
      return kAtomicBytes;
    case Opcode::WriteNotify:
      return transaction.length.count() + kNotifyBytes;
    default:
      return transaction.length.count();
  }
}

std::int64_t response_payload(const TransactionHeader& header) {
  if (header.opcode == Opcode::Read) return header.length;
  const bool atomic = header.opcode == Opcode::CompareSwap || header.opcode == Opcode::FetchAdd;
  return atomic ? kAtomicBytes : 0;
}

std::uint64_t flow_key(NpuId target, std::uint32_t flow) {
  return std::uint64_t{target.value()} << 32U | flow;
}

}  // namespace

UbController::UbController(sc_core::sc_module_name name, const LinkContext& context, const Settings& settings)
    : sc_module(name),
      packet_out("packet_out"),
      packet_in("packet_in"),
      context_(context),
      self_(settings.self),
      config_(settings.config),
      chooser_(settings.chooser),
      port_of_link_(settings.port_of_link),
      totals_(settings.totals) {
  packet_out.bind(*this);
  packet_in.bind(*this);
  // A port that is to be kept busy has, besides its queue, what is on its way through the card's interface.
  const Picoseconds send = context_.protocol.send_latency.value;
  for (const BytesPerSecond rate : settings.port_rates) {
    const std::int64_t pipe = scale_rounded_up(rate.count(), send.count(), 1'000'000'000'000);
    ports_.push_back({0, config_.port_queue.count() + pipe, 0, rate, {}});
  }
}

void UbController::kick(std::int64_t at) {
  if (pull_at_ <= at) return;
  pull_at_ = at;
  pull_event_ = std::max(at, context_.hub.now());
  context_.hub.schedule(pull_event_, *this, kPull);
}

void UbController::respond(const Request& request, Picoseconds at, std::uint64_t value) {
  Job job;
  job.target = request.source;
  job.header = request.header;
  job.header.response = true;
  job.header.operand = value;
  job.unsent = response_payload(request.header);
  answers_.push_back({at.count(), job});
}

void UbController::begin_answers(std::int64_t now) {
  std::size_t kept = 0;
  std::int64_t next = kNever;
  for (Answer& answer : answers_) {
    if (answer.at <= now) {
      wait(begin(answer.job));
    } else {
      next = std::min(next, answer.at);
      answers_[kept++] = answer;
    }
  }
  answers_.resize(kept);
  if (next != kNever) kick(next);
}

// Counts a message and finds the way of its first packet.
std::uint32_t UbController::begin(Job job) {
  ++totals_.messages_offered;
  totals_.bytes_offered += static_cast<std::uint64_t>(job.unsent);
  if (job.target == self_) ++totals_.loopback_messages;
  job.bytes = job.unsent;
  const std::int64_t mtu = context_.protocol.mtu.value.count();
  job.segment = job.segment > 0 ? std::min(job.segment, mtu) : mtu;
  choose_path(job);
  return jobs_.put(std::move(job));
}

void UbController::choose_path(Job& job) {
  job.port = kNoPort;
  job.path.hops = 0;
  if (job.target == self_) return;
  // A card knows the queues of its own ports only.
  const auto backlog = [this](LinkId link) -> std::int64_t {
    const std::size_t port = port_of_link_[link];
    if (port >= ports_.size()) return 0;
    return time_rounded_up(Bytes(ports_[port].outstanding + ports_[port].waiting_bytes), ports_[port].rate)
        .count();
  };
  chooser_.choose(self_, job.target, job.header.flow, job.chunk, backlog, job.path);
  const auto half = static_cast<std::size_t>(context_.link().virtual_lanes.value) / 2;
  const std::size_t first = job.header.lane_class == LaneClass::Control ? half : 0;
  for (std::size_t hop = 0; hop < job.path.hops; ++hop)
    job.path.lanes[hop] = static_cast<std::uint8_t>(first + job.path.lanes[hop] % half);
  job.port = port_of_link_[job.path.links[0]];
}

bool UbController::must_wait(const Transaction& transaction) const {
  const LinkLayerConfig& config = context_.link();
  if (transaction.ordered && open_flows_.count(flow_key(transaction.target, transaction.flow)) != 0)
    return true;
  if (transaction.posted) return false;
  return transaction.load_store ? open_count_[1] >= config.load_store_outstanding.value
                                : open_count_[0] >= config.bulk_outstanding.value;
}

// The next transaction of the client, or the one that waited for others to complete.
std::uint32_t UbController::begin_transaction(std::int64_t now) {
  Transaction transaction;
  if (held_) {
    transaction = *held_;
  } else if (client_ == nullptr || !client_->next_transaction(Picoseconds(now), transaction)) {
    return kNone;
  }
  held_.reset();
  if (must_wait(transaction)) {
    held_ = transaction;
    return kNone;
  }
  const bool atomic = transaction.opcode == Opcode::CompareSwap || transaction.opcode == Opcode::FetchAdd;
  PODSIM_CHECK(!transaction.posted || (!atomic && transaction.opcode != Opcode::Read),
               "npu {} posts a transaction that has an answer", self_.value());
  PODSIM_CHECK(!transaction.load_store || transaction.length <= context_.link().load_store_largest.value,
               "npu {} loads or stores {}", self_.value(), to_string(transaction.length));
  Job job;
  job.target = transaction.target;
  job.header = {transaction.opcode,
                false,
                transaction.load_store,
                transaction.posted,
                transaction.lane_class,
                next_id_++,
                transaction.tag,
                transaction.flow,
                transaction.length.count(),
                transaction.address,
                transaction.operand,
                transaction.compare};
  job.unsent = request_payload(transaction);
  job.segment = transaction.segment.count();
  if (!transaction.posted) {
    open_[job.header.id] = transaction;
    ++open_flows_[flow_key(transaction.target, transaction.flow)];
    ++limit_of(transaction.load_store);
  }
  return begin(std::move(job));
}

void UbController::wait(std::uint32_t job) {
  if (jobs_[job].port == kNoPort) return launch(job);
  Port& port = ports_[jobs_[job].port];
  port.waiting.push_back(job);
  port.waiting_bytes += next_chunk(jobs_[job]);
  ++waiting_;
}

std::uint32_t UbController::take_waiting() {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    turn_ = turn_ + 1 >= ports_.size() ? 0 : turn_ + 1;
    Port& port = ports_[turn_];
    if (port.waiting.empty() || !accepts(turn_)) continue;
    const std::uint32_t job = port.waiting.front();
    port.waiting.pop_front();
    port.waiting_bytes -= next_chunk(jobs_[job]);
    --waiting_;
    return job;
  }
  return kNone;
}

// Of a message begun before and of a new one by turns, so that neither starves the other.
std::uint32_t UbController::next_job(std::int64_t now) {
  begin_next_ = !begin_next_;
  if (!begin_next_) {
    const std::uint32_t job = take_waiting();
    if (job != kNone) return job;
  }
  while (waiting_ < static_cast<std::size_t>(config_.send_queue)) {
    const std::uint32_t job = begin_transaction(now);
    if (job == kNone) break;
    const std::uint32_t port = jobs_[job].port;
    if (port == kNoPort || (ports_[port].waiting.empty() && accepts(port))) return job;
    wait(job);
  }
  return take_waiting();
}

void UbController::pull(std::int64_t now) {
  next_injection_ = std::max(next_injection_, now);
  begin_answers(now);
  const std::int64_t end = now + context_.protocol.send_latency.value.count();
  while (next_injection_ < end) {
    const std::uint32_t job = next_job(now);
    if (job == kNone) return;
    launch(job);
  }
  kick(next_injection_);
}

// Sends the next chunk of a job; to the card itself all of them.
void UbController::launch(std::uint32_t index) {
  Job job = jobs_.take(index);
  do {
    send_chunk(job);
    ++job.chunk;
  } while (job.unsent > 0 && job.port == kNoPort);
  if (job.unsent == 0) return;
  choose_path(job);
  wait(jobs_.put(std::move(job)));
}

void UbController::send_chunk(Job& job) {
  std::int64_t chunk = next_chunk(job);
  job.unsent -= chunk;
  const std::int64_t due = next_injection_ + context_.protocol.send_latency.value.count();
  do {
    const std::int64_t payload = std::min(chunk, job.segment);
    send_packet(job, payload, due);
    chunk -= payload;
  } while (chunk > 0);
}

void UbController::send_packet(const Job& job, std::int64_t payload, std::int64_t due) {
  const LinkLayerConfig& config = context_.link();
  const Bytes headers =
      context_.protocol.packet_overhead.value - (job.header.load_store ? config.rtph.value : Bytes(0));
  const BlockCut cut = cut_into_blocks(context_.protocol, payload + headers.count());
  UbPacket& packet = context_.packets.allocate();
  packet.source = self_;
  packet.destination = job.target;
  packet.header = job.header;
  packet.payload = payload;
  packet.message_bytes = job.bytes;
  packet.wire = cut.wire;
  packet.blocks = cut.blocks;
  packet.full_flits = static_cast<std::uint8_t>(context_.protocol.block_flits.value);
  packet.last_flits = cut.last_flits;
  packet.path = job.path;
  ++totals_.packets_offered;
  if (job.port == kNoPort) return context_.hub.schedule(due, *this, loopback_.put(&packet));
  ports_[job.port].outstanding += cut.wire;
  if (config_.injection_bandwidth)
    next_injection_ += time_rounded_up(Bytes(cut.wire), *config_.injection_bandwidth).count();
  tlm::tlm_generic_payload& carrier = context_.packet_payloads.allocate();
  PacketPayloadPool::of(carrier).packet = &packet;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sim::annotate(due);
  packet_out->nb_transport_fw(carrier, phase, delay);
  carrier.release();
}

// A packet has left: its port takes more.
tlm::tlm_sync_enum UbController::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  PODSIM_CHECK(phase == tlm::END_REQ, "{} in phase {}", name(), static_cast<unsigned>(phase));
  const UbPacket& packet = *PacketPayloadPool::of(payload).packet;
  const std::size_t port = port_of_link_[packet.path.links[0]];
  ports_[port].outstanding -= packet.wire;
  if (!ports_[port].waiting.empty() && accepts(port)) pull(sim::annotated_ps(delay));
  return tlm::TLM_COMPLETED;
}

}  // namespace podsim::fabric
