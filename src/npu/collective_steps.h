// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/npu/collective_plan.h"

// One phase of a collective among `members` numbered from 0: who sends which units to whom in step `step` of
// it. A unit is what one member owns at the end of a reduce-scatter or the beginning of an all-gather.
namespace podsim::npu {

struct PhaseShape {
  CollectiveOperation operation;  // AllToAll, AllGather or ReduceScatter
  bool joined;                    // half of an all-reduce: what comes before or after it is the other half
  std::uint32_t members;
};

// Units first ... first + count - 1; of an all-to-all those of member `source` for these destinations.
struct Units {
  std::uint32_t source;
  std::uint32_t first;
  std::uint32_t count;
};

// An algorithm: every implementation answers for any member and any step below steps(shape).
class CollectiveSteps {
 public:
  virtual ~CollectiveSteps() = default;
  virtual std::uint32_t steps(const PhaseShape& shape) const = 0;
  virtual bool reduces(const PhaseShape& shape, std::uint32_t step) const = 0;
  // Whom `member` sends to, in order of sending, and whom it gets something from.
  virtual std::vector<std::uint32_t> targets(const PhaseShape& shape, std::uint32_t step,
                                             std::uint32_t member) const = 0;
  virtual std::vector<std::uint32_t> sources(const PhaseShape& shape, std::uint32_t step,
                                             std::uint32_t member) const = 0;
  // What `from` sends to `to`, one of its targets.
  virtual std::vector<Units> units(const PhaseShape& shape, std::uint32_t step, std::uint32_t from,
                                   std::uint32_t to) const = 0;
};

const CollectiveSteps& mesh_steps();
const CollectiveSteps& ring_steps();
const CollectiveSteps& halving_doubling_steps();

}  // namespace podsim::npu
