// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/vector_function.h"

#include <algorithm>

#include "core/rounding.h"

namespace podsim::core {

using kernel::VectorOp;

namespace {

constexpr std::uint64_t kBlock = 32;

// Adds [first, end); false if all of it was there.
bool add(std::map<std::uint64_t, std::uint64_t>& ranges, std::uint64_t first, std::uint64_t end) {
  auto next = ranges.upper_bound(first);
  if (next != ranges.begin()) {
    const auto before = std::prev(next);
    if (before->second >= end) return false;
    if (before->second >= first) {
      first = before->first;
      next = before;
    }
  }
  while (next != ranges.end() && next->first <= end) {
    end = std::max(end, next->second);
    next = ranges.erase(next);
  }
  ranges.emplace(first, end);
  return true;
}

}  // namespace

VectorFunctionTiming::VectorFunctionTiming(const CoreConfig& config, const VectorTiming& timing)
    : config_(config), timing_(timing) {}

VectorFunctionTiming::Unit VectorFunctionTiming::unit_of(VectorOp op) {
  switch (op) {
    case VectorOp::Transcendental:
      return Special;
    case VectorOp::Divide:
      return Division;
    case VectorOp::ReduceBlock:
    case VectorOp::ReduceRepeat:
    case VectorOp::ReducePair:
      return Reduction;
    default:
      return Arithmetic;
  }
}

// Loads or stores of one register for each repeat, unless the bytes are there.
std::int64_t VectorFunctionTiming::accesses_of(const kernel::VectorWork& work,
                                               const kernel::VectorOperand& operand, Ranges& there) const {
  if (operand.blocks == 0) return 0;
  const std::uint64_t of_repeat = ((operand.blocks - 1U) * std::uint64_t{operand.block_stride} + 1) * kBlock;
  const std::uint64_t end =
      operand.address + (work.repeats - 1U) * std::uint64_t{operand.repeat_stride} * kBlock + of_repeat;
  if (!add(there, operand.address, end)) return 0;
  const std::uint64_t per_repeat = operand.blocks * kBlock;
  const auto bytes = static_cast<std::uint64_t>(config_.vector.registers->bytes);
  return static_cast<std::int64_t>(work.repeats * ((per_repeat + bytes - 1) / bytes));
}

// Two loads, or a load and a store, per cycle.
std::int64_t VectorFunctionTiming::cycles() const {
  const std::int64_t unified_buffer = std::max(ceil_div(loads_ + stores_, std::int64_t{2}), stores_);
  return config_.vector.startup_cycles.value +
         std::max(unified_buffer, *std::max_element(busy_.begin(), busy_.end()));
}

Duration VectorFunctionTiming::operator()(const kernel::VectorWork& work) {
  std::int64_t before = 0;
  if (work.function == number_) {
    before = cycles();
  } else {
    number_ = work.function;
    busy_.fill(0);
    loads_ = stores_ = 0;
    known_.clear();
    stored_.clear();
  }
  busy_[unit_of(work.op)] += timing_.rated_cycles(work).count();
  for (std::size_t s = 0; s < work.sources; ++s) loads_ += accesses_of(work, work.source[s], known_);
  stores_ += accesses_of(work, work.destination, stored_);
  static_cast<void>(accesses_of(work, work.destination, known_));
  return {Cycles(cycles() - before), Cycles(0), Cycles(0)};
}

}  // namespace podsim::core
