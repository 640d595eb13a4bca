// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "podsim/npu/card.h"
#include "podsim/npu/card_plan.h"
#include "podsim/npu/pull_window.h"
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
  Picoseconds dispatch_open;                      // the first row may leave
  Picoseconds dispatched;                         // what a schedule notes: rows are where experts read them
  Picoseconds combining;                          // and: the combine begins
  Picoseconds overhead;    // launches, metadata exchange, barrier latency while nothing is computed
  Picoseconds activation;  // SwiGLU, mean over cores
  Picoseconds kernels;     // activation and weighted sum as kernels of their own
  TileEngine::Usage tiles;
  std::int64_t rows_received = 0;
  std::int64_t rows_returned = 0;
  Bytes hbm_bytes;
  Picoseconds hbm_busy;
  std::array<Picoseconds, 6> barriers{};  // when the card went on after each

  Picoseconds compute() const { return tiles.any_active + kernels; }
  // Neither computing nor held by the stack: waiting for rows, or for cards that wait for rows.
  Picoseconds exposed() const { return done - start - compute() - overhead; }
};

// What became of the experts of one wave on one card. kNever where it has no rows.
struct WaveReport {
  std::int64_t rows = 0;
  Picoseconds first_row = TileEngine::kNever;  // in memory
  Picoseconds last_row;
  Picoseconds start = TileEngine::kNever;  // the first tile of the first GEMM
  Picoseconds l1_end;
  Picoseconds l2_end;
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
  void record_tiles(std::vector<TileEngine::TileRecord>* records) { engine_.record(records); }
  const CardReport& report() const { return report_; }
  // [waves of the plan]; with micro-batches those of the first one come first.
  const std::vector<WaveReport>& waves() const { return waves_; }
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
  const CardPlan::Batch& batch(int batch) const { return plan_.batches[static_cast<std::size_t>(batch)]; }
  // Dispatch rows may leave; those of the second micro-batch once all of the first are gone.
  void open_dispatch(Picoseconds at, int batch = 0);
  // Where Tiling::pulled: the card asks for its rows from `at` on, expert by expert, in a PullWindow of
  // `depth`. Who is asked sends at once, a row to each asking card in turn.
  void pull_rows(Picoseconds at, std::int64_t depth);
  // Schedule::all_rows_arrived is wanted once all rows are there, at `at` at the earliest.
  void await_rows(Picoseconds at, int batch = 0);
  // The same for Schedule::results_back, once the card's own GEMMs are done too.
  void await_results(Picoseconds at, int batch = 0);
  // The inputs of a block, or of all blocks of a GEMM, are there. Without blocks, the GEMM is done at once.
  void start_block(Gemm gemm, MBlock m, Picoseconds at);
  void start_gemm(Gemm gemm, Picoseconds at, int batch = 0);
  // The results of an M-block, or of some of its rows, may leave.
  void send_results(MBlock m, Picoseconds at);
  void send_results(const ReadyRows& rows, Picoseconds at);
  // All of them, also where there are no GEMMs; one for all rows of a token where Tiling::reduced.
  void send_all_results(Picoseconds at);
  // For schedules, which have no state: when the later of the two events of `pair` was, asked at each of
  // them. Nothing at the first one.
  std::optional<Picoseconds> both(std::size_t pair, Picoseconds at);
  // Schedule::step_due(step) at `at`. Each step at most once at a time.
  void do_at(Picoseconds at, int step);
  // The same after a fixed cost of the stack.
  void pause(Picoseconds at, Picoseconds duration, int step, const char* what);
  // The same after SwiGLU over all rows, or the weighted sum over the results of the card's own tokens, as a
  // kernel of its own that reads and writes memory. `at` is the present.
  void run_activation(Picoseconds at, int step, int batch = 0);
  void run_weighted_sum(Picoseconds at, int step, int batch = 0);
  // The same after `passes` over what a card moves, read and written, by the cores that send; and after
  // results of a token are added up.
  enum class Moved : std::uint8_t { Sends, Rows, Results, ResultsBack };
  void run_copies(Picoseconds at, Moved moved, std::int64_t passes, int step);
  void run_quantisation(Picoseconds at, std::int64_t passes, int step);
  void run_reduction(Picoseconds at, int step);
  void note_dispatched(Picoseconds at) { report_.dispatched = at; }
  void note_combining(Picoseconds at) { report_.combining = at; }
  void arrive_at_barrier(Picoseconds at);
  void finish(Picoseconds at);

 private:
  static constexpr Picoseconds kNever = TileEngine::kNever;
  struct Filling {  // of a slot: where its next row goes
    std::uint32_t next_row = 0;
    std::uint32_t block_end = 0;
    std::uint32_t slot_end = 0;
    MBlock block = 0;
    std::uint32_t slot_begin = 0;
  };
  struct Results {
    MBlock block;
    std::uint32_t first_row;
    std::uint32_t next_row;
    std::uint32_t end_row;
    Picoseconds at;
  };
  struct Batch {
    std::int64_t rows_left = 0;
    std::int64_t results_left = 0;
    Picoseconds last_row;
    Picoseconds last_result;
    Picoseconds first_result = kNever;  // ready to leave
    Picoseconds rows_awaited = kNever;  // since; kNever: not, or not any more
    Picoseconds results_awaited = kNever;
    std::size_t tile_blocks_left[2] = {0, 0};
    Picoseconds gemm_end[2];
  };
  struct Step {
    Picoseconds at;
    int step;
  };
  struct ResultGroup {  // as far as it is out of the second GEMM
    std::uint32_t tile_blocks = 0;
    std::uint32_t rows = 0;
    Picoseconds at;
  };
  struct Asked {  // rows that another card pulls
    const SendRow* next;
    const SendRow* end;
    Picoseconds at;
  };
  struct Asking {
    std::uint32_t card;
    std::uint32_t slot;
    std::uint32_t rows;
    Picoseconds at;
  };
  struct Flags {  // of dispatch or combine, where Tiling::flags
    std::size_t next = 0;
    std::size_t end = 0;  // those to send: from `at` on, once all rows or results have left
    Picoseconds at = kNever;
    std::int64_t missing = 0;  // to come
    Picoseconds last;
  };
  struct Place {           // in the row buffer
    std::uint32_t tag;     // under which the result goes back
    std::uint32_t source;  // and where to
  };

  void begin_rows();
  void begin_batches(Picoseconds at);
  void begin_gemms();
  void begin_flags();
  void slot_computed(std::uint32_t slot, Picoseconds at);
  std::int64_t count_of(Moved moved) const;
  Picoseconds run_memory_kernel(Picoseconds at, Bytes bytes, Picoseconds cores_busy, const char* what);
  Picoseconds run_kernel(Picoseconds at, VectorOp op, const CardPlan::VectorKernel& kernel);
  bool next_pulled(Picoseconds now, fabric::Message& message);
  void ask_for(std::uint32_t slot, Picoseconds at);
  void asked_for(std::uint32_t card, std::uint32_t slot, Picoseconds at);
  void ask_on();
  // False where no core is ready to send; then the host is asked to come again.
  bool core_ready(Picoseconds now, Picoseconds from, Bytes bytes);
  void core_sent(Picoseconds now, const fabric::Message& message);
  bool next_flag(Picoseconds now, fabric::Message& message);
  NpuId flag_destination(std::size_t phase, std::size_t number) const;
  void flag_arrived(std::uint32_t phase, Picoseconds at);
  bool next_reduced(Picoseconds now, fabric::Message& message);
  void next_row(Picoseconds now, fabric::Message& message);
  void next_result(Picoseconds now, fabric::Message& message);
  std::uint32_t index_of(std::uint32_t tag_slot) const {
    return tag_slot < batch_bit_ ? tag_slot : tag_slot - batch_shift_;
  }
  void place_row(std::uint32_t source, std::uint32_t tag, Picoseconds at);
  void first_row_of(std::uint32_t slot, Picoseconds at);
  void block_filled(std::uint32_t slot, Picoseconds at);
  void place_shared_row(const fabric::Arrival& arrival, Picoseconds at);
  void result_arrived(std::uint32_t tag, Picoseconds at);
  void check_rows(int batch);
  void check_results(int batch);
  Picoseconds memory(Picoseconds at, const HbmServer::Load& load);
  void run_engine(Picoseconds until);
  void block_finished(const TileEngine::Finished& finished);
  void first_gemm_part(MBlock m, const TileEngine::Finished& finished);
  void second_gemm_part(MBlock m, const TileEngine::Finished& finished);
  void take_step();
  void note_pause(Picoseconds from, Picoseconds to);
  std::size_t sends_through(int batch) const;
  Picoseconds overhead() const;
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
  std::vector<Filling> filling_;                 // [slots of all batches]
  std::vector<Place> places_;                    // [rows]
  std::uint32_t batch_bit_ = ~std::uint32_t{0};  // of the slot in a tag; none with one batch
  std::uint32_t batch_shift_ = 0;                // from there to the slot's place in filling_
  std::array<Batch, kMostBatches> batches_;
  CardPlan plan_;

  std::size_t next_send_ = 0;
  std::size_t open_sends_ = 0;  // of LayerWork::sends those that may leave
  Picoseconds dispatch_open_ = kNever;
  LayerWork work_;
  std::deque<Results> results_;
  SendCores senders_;
  std::array<Flags, 2> flags_;              // of dispatch and of combine
  std::vector<Place> arrived_;              // dispatch messages, where results are reduced
  std::size_t next_reduced_ = 0;            // of them
  Picoseconds reduced_open_ = kNever;       // their results may leave
  std::vector<Picoseconds> first_arrival_;  // [m_blocks] of recorded cards
  std::vector<ResultGroup> groups_;         // [groups of the plan]
  std::vector<std::uint32_t> blocks_left_;  // [m_blocks]: tile blocks of the second GEMM
  std::vector<Picoseconds> block_end_;      // [m_blocks]
  std::vector<WaveReport> waves_;           // [waves of the plan]
  PullWindow window_;
  std::vector<std::uint32_t> slot_blocks_left_;  // [slots]: M-blocks of the first GEMM, where rows are pulled
  std::vector<Picoseconds> slot_end_;            // [slots]
  std::deque<Asking> asking_;
  std::deque<Asked> asked_;
  std::array<std::optional<Picoseconds>, 8> pairs_;  // of both()
  std::vector<TileEngine::Interval> paused_;         // launches, metadata exchanges, barriers
  std::vector<TileEngine::Interval> kernels_;        // SwiGLU, weighted sums
  std::vector<Step> steps_;
  Picoseconds step_at_ = kNever;  // of the earliest one
  int barriers_ = 0;              // passed in this layer
  bool at_barrier_ = false;
  bool done_ = true;
  CardParts parts_;
  CardHost& host_;
  CardReport report_;
  Bytes hbm_bytes_before_;
  Picoseconds hbm_busy_before_;
};

}  // namespace podsim::npu
