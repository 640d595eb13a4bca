// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/link/slots.h"
#include "podsim/fabric/link/ub_port.h"

namespace podsim::fabric {

class PathChooser;

// What a card asks of its controller.
struct Transaction {
  Opcode opcode = Opcode::Write;
  NpuId target;
  Bytes length;  // of what is written, sent or read; atomics: 8 B
  LaneClass lane_class = LaneClass::Data;
  bool load_store = false;  // 64 B to 4 KB without transport header; otherwise bulk, URMA style
  bool ordered = false;     // not before all earlier ones of its target and flow are complete (order at the
                            // initiator)
  bool posted = false;      // nothing comes back: complete when it has left (not for reads and atomics)
  Bytes segment;            // payload of one packet; 0, or more than the MTU: the MTU
  std::uint32_t tag = 0;
  std::uint32_t flow = 0;
  std::uint64_t address = 0;
  std::uint64_t operand = 0;
  std::uint64_t compare = 0;
};

// A request that has reached its target with all its data.
struct Request {
  NpuId source;
  TransactionHeader header;
  Picoseconds time;  // at the target's memory interface
};

// What came of a transaction that was not posted.
struct Completion {
  NpuId target;
  TransactionHeader header;  // of the response; operand: the old value of an atomic
  Picoseconds time;
};

// The card behind a controller.
class TransactionClient {
 public:
  virtual ~TransactionClient() = default;
  // The next transaction at `now`, pulled as ports drain; false: nothing until the next kick.
  virtual bool next_transaction(Picoseconds now, Transaction& transaction) = 0;
  // request.time is not before the kernel's clock. If it is not posted the card answers, then or later, with
  // UbController::respond.
  virtual void request_arrived(const Request& request) = 0;
  virtual void completed(const Completion& completion) = 0;
};

// A card's transaction and transport side: turns transactions into packets of up to one MTU, chooses their
// paths, keeps to limits of outstanding transactions and to what its ports take, puts arriving packets
// together. Models: write, read, write-with-notify, send, compare-and-swap, fetch-add; posted or answered;
// ordered at the initiator or not; the latencies of the card's interface. Leaves out: transport
// acknowledgements and retransmission (links are reliable), address translation.
//
// `packet_out` and `packet_in` as UbSwitch::local_in and local_out.
class UbController : public sc_core::sc_module,
                     public sim::NonBlockingTarget,
                     public sim::NonBlockingInitiator,
                     public HubClient {
 public:
  struct Settings {
    NpuId self;
    const FabricConfig& config;
    const PathChooser& chooser;
    const IdVector<LinkId, std::uint16_t>& port_of_link;
    std::vector<BytesPerSecond> port_rates;
    Totals& totals;
  };
  UbController(sc_core::sc_module_name name, const LinkContext& context, const Settings& settings);

  tlm::tlm_initiator_socket<> packet_out;
  tlm::tlm_target_socket<> packet_in;

  void attach(TransactionClient& client) { client_ = &client; }
  bool attached() const { return client_ != nullptr; }
  // The client has something to send from `at` on. An earlier turn that is still to come is kept.
  void kick(std::int64_t at);
  // Answers `request` at `at`, when its memory has done what it asks. For atomics `value` is the old value.
  void respond(const Request& request, Picoseconds at, std::uint64_t value = 0);
  std::size_t outstanding() const { return open_.size(); }

  void hub_event(std::uint32_t what, std::int64_t now) override;
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::uint32_t kPull = kNone;
  static constexpr std::uint32_t kNoPort = kNone;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  // A request or response of which something is still to be sent.
  struct Job {
    NpuId target;
    TransactionHeader header;
    std::int64_t bytes = 0;
    std::int64_t unsent = 0;
    std::int64_t segment = 0;  // payload of one packet
    std::uint32_t chunk = 0;
    std::uint32_t port = kNoPort;  // that its next chunk takes
    topology::Path path;
  };
  struct Port {
    std::int64_t outstanding = 0;  // wire bytes given to it that have not left
    std::int64_t limit = 0;
    std::int64_t waiting_bytes = 0;  // payload of the next chunks of what waits for it
    BytesPerSecond rate;
    Ring<std::uint32_t> waiting;
  };
  struct Answer {
    std::int64_t at;
    Job job;
  };

  // Sending (ub_controller.cpp).
  void pull(std::int64_t now);
  void begin_answers(std::int64_t now);
  std::uint32_t next_job(std::int64_t now);
  std::uint32_t take_waiting();
  std::uint32_t begin_transaction(std::int64_t now);
  bool must_wait(const Transaction& transaction) const;
  std::uint32_t begin(Job job);
  void wait(std::uint32_t job);
  std::int64_t next_chunk(const Job& job) const { return std::min(job.unsent, config_.chunk.count()); }
  void choose_path(Job& job);
  void launch(std::uint32_t job);
  void send_chunk(Job& job);
  void send_packet(const Job& job, std::int64_t payload, std::int64_t due);
  bool accepts(std::size_t port) const { return ports_[port].outstanding <= ports_[port].limit; }
  std::int64_t& limit_of(bool load_store) { return open_count_[load_store ? 1 : 0]; }

  // Receiving (ub_controller_receive.cpp).
  void packet_arrived(UbPacket& packet, std::int64_t now);
  void complete(const UbPacket& packet, Picoseconds time);

  const LinkContext context_;
  const NpuId self_;
  const FabricConfig& config_;
  const PathChooser& chooser_;
  const IdVector<LinkId, std::uint16_t>& port_of_link_;
  Totals& totals_;
  TransactionClient* client_ = nullptr;
  std::vector<Port> ports_;
  Slots<Job> jobs_;
  Slots<UbPacket*> loopback_;
  std::size_t waiting_ = 0;
  std::size_t turn_ = 0;
  bool begin_next_ = false;
  std::int64_t next_injection_ = 0;
  std::int64_t pull_at_ = kNever;     // as the client asked
  std::int64_t pull_event_ = kNever;  // when the hub calls
  std::optional<Transaction> held_;   // taken from the client, waits for others to complete
  std::vector<Answer> answers_;
  std::uint32_t next_id_ = 0;
  std::unordered_map<std::uint32_t, Transaction> open_;         // not posted, by id; looked up only
  std::unordered_map<std::uint64_t, std::int64_t> open_flows_;  // of these, by target and flow; the same
  std::int64_t open_count_[2] = {0, 0};                         // bulk, load/store
  std::unordered_map<std::uint64_t, std::int64_t> missing_;     // bytes, of messages of several packets
};

}  // namespace podsim::fabric
