// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "podsim/npu/exchange.h"
#include "podsim/npu/layer_work.h"
#include "podsim/npu/schedule_config.h"
#include "podsim/npu/stack_config.h"
#include "podsim/npu/tile_engine.h"

namespace podsim::npu {

class MoeCard;
struct CardReport;

// Rows first_row .. first_row + rows - 1 of a card's row buffer, of one M-block.
struct ReadyRows {
  std::uint32_t m_block;
  std::uint32_t first_row;
  std::uint32_t rows;
};

// Where the communication stages of a layer begin and end on one card.
struct StageTimes {
  Picoseconds dispatch_end;
  Picoseconds combine_begin;
  Picoseconds combine_end;
};

// Which stages of a layer run at the same time.
enum class Overlap : std::uint8_t {
  None,   // stage after stage: the sum of the stages' bounds holds
  Cards,  // stage after stage on a card, but no barrier between cards: the largest stage's bound holds
  Pairs,  // dispatch with the first GEMM, a barrier, the second one with the combine: the sum of the two
          // pairs'
  All     // the largest of all holds
};

// How one MoE layer runs on a card: what costs apply, which block may start when, what leaves when. The card
// tells the schedule what has happened, the schedule tells the card what may happen next; it keeps no state
// of its own, so that one object serves all cards. Times are those of the event, not before the time the card
// has been advanced to. `batch` is 0 where tokens are not cut into micro-batches.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual const char* name() const = 0;
  virtual Tiling tiling(const LayerShape& shape, std::int64_t cores) const = 0;
  // SwiGLU runs in the first GEMM's epilogue and results leave from the second's, so that neither goes
  // through memory.
  virtual bool fused() const = 0;
  // Fixed costs on the way from the start of a layer to the first row, between the stages and after the last
  // result: what no overlap can hide.
  struct FixedCosts {
    Picoseconds before_dispatch;
    Picoseconds before_l1;
    Picoseconds between_gemms;
    Picoseconds before_combine;
    Picoseconds after_combine;
    // Until cores may begin with shared experts, where that is earlier than before_dispatch.
    Picoseconds before_shared = before_dispatch;
    Picoseconds total() const {
      return before_dispatch + before_l1 + between_gemms + before_combine + after_combine;
    }
  };
  virtual FixedCosts fixed_costs() const = 0;
  // The share of a barrier in before_l1, before_combine and after_combine, where stages do not overlap.
  virtual Picoseconds barrier() const = 0;
  virtual Overlap overlap() const = 0;

  // serial: operators as they are measured, dispatch with its barrier, combine from its launch to the end of
  // the weighted sum. The others: last row in; first result ready to leave, last result back.
  virtual StageTimes stage_times(const CardReport& report) const = 0;

  virtual void layer_begins(MoeCard& card, Picoseconds at) const = 0;
  // What MoeCard::do_after asked for.
  virtual void step_due(MoeCard& card, int step, Picoseconds at) const = 0;
  // All rows of an M-block are in the card's memory.
  virtual void rows_arrived(MoeCard&, std::uint32_t /*m_block*/, Picoseconds) const {}
  virtual void all_rows_arrived(MoeCard&, int /*batch*/, Picoseconds) const {}
  virtual void block_done(MoeCard&, Gemm, std::uint32_t /*m_block*/, Picoseconds) const {}
  // Results of some rows of an M-block, which is not a shared expert's, are out of the second GEMM.
  virtual void results_ready(MoeCard&, const ReadyRows&, Picoseconds) const {}
  // The last M-block of a GEMM is done.
  virtual void gemm_done(MoeCard&, Gemm, int /*batch*/, Picoseconds) const {}
  virtual void barrier_passed(MoeCard&, int /*which, from 1*/, Picoseconds) const = 0;
  // All results for the card's own tokens are back in its memory.
  virtual void results_back(MoeCard&, int batch, Picoseconds) const = 0;
};

// Throws ConfigError for an exchange that the schedule or the stack does not know.
std::unique_ptr<Schedule> make_schedule(const ScheduleConfig& config, const StackConfig& stack,
                                        const Exchange& exchange = {});

}  // namespace podsim::npu
