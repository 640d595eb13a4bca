// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/rounding.h"
#include "podsim/base/error.h"
#include "podsim/core/timing.h"

namespace podsim::core {
namespace {

// Bytes per thousand cycles of a LoadData3D form: the published rates are whole bytes per cycle, their floor
// is not.
std::int64_t image_rate(const PathRow& row, const kernel::LocalMove& move) {
  std::int64_t rate = row.bytes_per_cycle;
  const ImageForm& form = *row.image;
  if (move.repeats > 1) rate = std::min(rate, form.numerator / (move.repeats + form.repeat_offset));
  if (move.stride_w > 1) rate = std::min(rate, form.numerator / (2 * std::int64_t{move.stride_w}));
  return std::max(rate * 1000, static_cast<std::int64_t>(std::lround(form.floor * 1000.0)));
}

}  // namespace

LocalPathTiming::LocalPathTiming(const CoreConfig& config) : config_(config), rows_(16, nullptr) {
  for (const PathRow& row : config.local_paths) rows_[static_cast<std::size_t>(row.path)] = &row;
}

Duration LocalPathTiming::operator()(const kernel::LocalMove& move) const {
  const PathRow* row = rows_[static_cast<std::size_t>(move.path)];
  if (row == nullptr) {
    throw ConfigError(fmt::format("{} has no path {}", config_.name, config::enum_name(move.path)));
  }
  const auto bytes = static_cast<std::int64_t>(move.bytes);
  const std::int64_t cycles = row->image && (move.repeats > 1 || move.stride_w > 1)
                                  ? ceil_div(bytes * 1000, image_rate(*row, move))
                                  : ceil_div(bytes, row->bytes_per_cycle);
  return {Cycles(cycles), Cycles(row->latency), {}};
}

FixpipeTiming::FixpipeTiming(const CoreConfig& config) : config_(config) {}

Duration FixpipeTiming::operator()(const kernel::FixpipeMove& move) const {
  const FixpipeRow* found = nullptr;
  for (const FixpipeRow& row : config_.fixpipe) {
    if (row.destination == move.destination && row.layout == move.layout && row.bits >= bits_of(move.to) &&
        (found == nullptr || row.bits < found->bits)) {
      found = &row;
    }
  }
  if (found == nullptr) {
    throw ConfigError(fmt::format("the fixpipe of {} does not write {} as {} to {}", config_.name,
                                  config::enum_name(move.to), config::enum_name(move.layout),
                                  config::enum_name(move.destination)));
  }
  const std::int64_t elements = std::int64_t{move.rows} * move.columns * move.matrices;
  const std::int64_t rate = found->elements_per_cycle * (move.dual_destination ? 2 : 1);
  return {Cycles(ceil_div(elements, rate) + found->latency), {}, {}};
}

GlobalPathTiming::GlobalPathTiming(const CoreConfig& config) : config_(config) {}

GlobalCost GlobalPathTiming::operator()(const kernel::GlobalMove& move) const {
  const Direction direction = move.write ? Direction::Write : Direction::Read;
  const GlobalRow* found = nullptr;
  for (const GlobalRow& row : config_.global_paths) {
    if (row.direction == direction && row.memory == move.local && row.nd_to_nz == move.nd_to_nz) {
      found = &row;
      break;
    }
  }
  if (found == nullptr) {
    throw ConfigError(fmt::format("{} has no path {} gm {} {}{}", config_.name, move.write ? "to" : "from",
                                  move.write ? "from" : "to", config::enum_name(move.local),
                                  move.nd_to_nz ? " that changes ND to NZ" : ""));
  }
  constexpr std::uint64_t kBlock = 32;
  const double rows = static_cast<double>(std::uint64_t{move.rows} * move.matrices);
  GlobalCost cost;
  cost.bytes_per_cycle = found->bytes_per_cycle;
  cost.row_cycles = found->cycles_per_row;
  cost.one_at_a_time = found->one_at_a_time;
  if ((move.address | (move.rows > 1 ? move.row_stride : 0)) % kBlock != 0) {
    cost.row_cycles +=
        found->cycles_per_unaligned_block * static_cast<double>((move.row_bytes + kBlock - 1) / kBlock);
  }
  cost.port_cycles = found->cycles_per_copy + rows * cost.row_cycles +
                     rows * static_cast<double>(move.row_bytes) / found->bytes_per_cycle;
  return cost;
}

IssueTiming::IssueTiming(const CoreConfig& config) {
  for (const IssueRow& row : config.scalar.issue)
    cycles_[static_cast<std::size_t>(row.work)] = Cycles(row.cycles);
}

}  // namespace podsim::core
