// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "podsim/npu/card.h"
#include "podsim/npu/card_plan.h"
#include "podsim/timeline/timeline.h"

namespace podsim::npu {

// The tracks of a card's timeline, in the order in which they are shown.
enum class Track : std::uint16_t { Layer, Stack, Send, Receive, L1, Activation, L2, Return, Sum };
const std::vector<std::string>& track_names();

// What a card did in one layer.
struct CardReport {
  Picoseconds start;
  Picoseconds done;
  Picoseconds rows_in;                            // the last dispatched row is in memory
  Picoseconds first_result = TileEngine::kNever;  // ready to leave
  Picoseconds results_back;                       // the last result is in memory
  Picoseconds overhead;                           // launches, metadata exchange, barrier latency
  Picoseconds activation;                         // SwiGLU, mean over cores
  Picoseconds kernels;                            // activation and weighted sum as kernels of their own
  TileEngine::Usage tiles;
  std::int64_t rows_received = 0;
  std::int64_t rows_returned = 0;
  Bytes hbm_bytes;
  Picoseconds hbm_busy;
  std::array<Picoseconds, 3> barriers{};  // when the card went on after each

  Picoseconds compute() const { return tiles.any_active + kernels; }
  // Neither computing nor held by the stack: waiting for rows, or for cards that wait for rows.
  Picoseconds exposed() const { return done - start - compute() - overhead; }
};

// A card with experts. Rows that arrive take the places of their expert's buffer in order of arrival, as a
// receiver that pulls what is ready would have it; an M-block is complete when its places are. Which block
// may start and what leaves when is the schedule's business, how long tiles take the timer's. All memory
// traffic goes through one HbmServer in order of time: an outgoing row is read when it leaves (which does not
// delay it: engines read ahead), an incoming one is there when it is written.
class MoeCard : public Card {
 public:
  using MBlock = std::uint32_t;
  MoeCard(const CardParts& parts, CardHost& host);

  // The card's part in a layer that starts on all cards at `at`.
  void begin_layer(const LayerWork& work, Picoseconds at);
  // Spans of this card go to `spans` from now on.
  void record(std::vector<timeline::Span>* spans) { spans_ = spans; }
  const CardReport& report() const { return report_; }
  const CardPlan& plan() const { return plan_; }

  bool next_message(Picoseconds now, fabric::Message& message) override;
  void message_arrived(const fabric::Arrival& arrival) override;
  void prefetch_state() const override;
  void wake(Picoseconds now) override;
  void barrier_released(Picoseconds at, Picoseconds latency) override;
  bool done() const override { return done_; }
  Picoseconds done_at() const override { return report_.done; }
  std::string waiting_for() const override;

  // For schedules: what happens next, from `at` on.
  const StackConfig& stack() const { return *parts_.stack; }
  std::size_t m_blocks() const { return plan_.m_blocks.size(); }
  bool is_shared(MBlock m) const { return plan_.m_blocks[m].slot == CardPlan::kSharedSlot; }
  // Dispatch rows may leave.
  void open_dispatch(Picoseconds at);
  // Schedule::all_rows_arrived is wanted once all rows are there, at `at` at the earliest.
  void await_rows(Picoseconds at);
  // The same for Schedule::results_back, once the card's own GEMMs are done too.
  void await_results(Picoseconds at);
  // The inputs of a block, or of all blocks of a GEMM, are there. Without blocks, the GEMM is done at once.
  void start_block(Gemm gemm, MBlock m, Picoseconds at);
  void start_gemm(Gemm gemm, Picoseconds at);
  // The results of an M-block may leave.
  void send_results(MBlock m, Picoseconds at);
  // Schedule::step_due(step) at `at`. One step at a time.
  void do_at(Picoseconds at, int step);
  // The same after a fixed cost of the stack.
  void pause(Picoseconds at, Picoseconds duration, int step, const char* what);
  // The same after SwiGLU over all rows, or the weighted sum over the results of the card's own tokens, as a
  // kernel of its own that reads and writes memory. `at` is the present.
  void run_activation(Picoseconds at, int step);
  void run_weighted_sum(Picoseconds at, int step);
  void arrive_at_barrier(Picoseconds at);
  void finish(Picoseconds at);

 private:
  static constexpr Picoseconds kNever = TileEngine::kNever;
  struct Filling {  // of a slot: where its next row goes
    std::uint32_t next_row = 0;
    std::uint32_t block_end = 0;
    std::uint32_t slot_end = 0;
    MBlock block = 0;
  };
  struct Results {
    MBlock block;
    std::uint32_t next_row;
    Picoseconds at;
  };
  struct Place {           // in the row buffer
    std::uint32_t tag;     // under which the result goes back
    std::uint32_t source;  // and where to
  };

  void begin_rows();
  Picoseconds run_kernel(Picoseconds at, VectorOp op, const CardPlan::VectorKernel& kernel);
  void next_row(Picoseconds now, fabric::Message& message);
  void next_result(Picoseconds now, fabric::Message& message);
  void place_row(std::uint32_t source, std::uint32_t tag, Picoseconds at);
  void place_shared_row(const fabric::Arrival& arrival, Picoseconds at);
  void result_arrived(Picoseconds at);
  void check_rows();
  void check_results();
  Picoseconds memory(Picoseconds at, const HbmServer::Load& load);
  void run_engine(Picoseconds until);
  void block_finished(const TileEngine::Finished& finished);
  void plan_wake();
  void span(Track track, std::string name, Picoseconds start, Picoseconds end);
  std::string block_name(MBlock m) const { return plan_.block_name(m, work_.experts); }
  std::string rows_missing() const;

  // What every row touches comes first, together.
  HbmServer hbm_;
  HbmServer::Load dispatch_load_{};
  HbmServer::Load combine_load_{};
  TileEngine engine_;
  bool replan_ = false;  // something changed that may need an earlier wake
  std::uint32_t block_m_ = 0;
  std::vector<timeline::Span>* spans_ = nullptr;
  std::vector<Filling> filling_;  // [slots]
  std::vector<Place> places_;     // [rows]
  std::int64_t rows_received_ = 0;
  std::int64_t rows_returned_ = 0;
  Picoseconds last_row_;
  Picoseconds last_result_;
  CardPlan plan_;

  std::size_t next_send_ = 0;
  Picoseconds dispatch_open_ = kNever;
  LayerWork work_;
  std::deque<Results> results_;
  std::vector<Picoseconds> first_arrival_;  // [m_blocks] of recorded cards
  Picoseconds rows_awaited_ = kNever;       // since; kNever: not, or not any more
  Picoseconds results_awaited_ = kNever;
  std::size_t gemm_left_[2] = {0, 0};
  Picoseconds gemm_end_[2];
  Picoseconds step_at_ = kNever;
  int step_ = 0;
  int barriers_ = 0;  // passed in this layer
  bool at_barrier_ = false;
  bool done_ = true;
  CardParts parts_;
  CardHost& host_;
  CardReport report_;
  Bytes hbm_bytes_before_;
  Picoseconds hbm_busy_before_;
};

}  // namespace podsim::npu
