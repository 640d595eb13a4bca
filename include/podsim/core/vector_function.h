// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "podsim/core/timing.h"

namespace podsim::core {

// The time of functions of register instructions on one core, call by call. The units of the vector pipe work
// side by side, as they do in an unrolled function that issues two instructions per cycle: arithmetic,
// special functions, division, reduction across lanes, and loads and stores. A function takes as long as its
// busiest unit, and one start-up. The unified buffer is touched where bytes enter the function or are written
// first; what a call reads of earlier ones is in registers.
class VectorFunctionTiming {
 public:
  VectorFunctionTiming(const CoreConfig& config, const VectorTiming& timing);
  // By how much the call lengthens its function.
  Duration operator()(const kernel::VectorWork& work);
  void reset() { number_ = 0; }

 private:
  enum Unit : std::uint8_t { Arithmetic, Special, Division, Reduction, kUnits };
  using Ranges = std::map<std::uint64_t, std::uint64_t>;  // first byte to end, apart from one another

  static Unit unit_of(kernel::VectorOp op);
  std::int64_t accesses_of(const kernel::VectorWork& work, const kernel::VectorOperand& operand,
                           Ranges& there) const;
  std::int64_t cycles() const;

  const CoreConfig& config_;
  const VectorTiming& timing_;
  std::uint32_t number_ = 0;  // of the function that goes on
  std::array<std::int64_t, kUnits> busy_{};
  std::int64_t loads_ = 0;
  std::int64_t stores_ = 0;
  Ranges known_;
  Ranges stored_;
};

}  // namespace podsim::core
