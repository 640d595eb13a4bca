// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/rounding.h"
#include "podsim/base/error.h"
#include "podsim/core/timing.h"

namespace podsim::core {
namespace {

constexpr std::uint64_t kBlock = 32;
constexpr std::size_t kMaxGroups = 32;

std::size_t log2_of(std::int64_t bits) {
  std::size_t log = 0;
  while ((std::int64_t{1} << log) < bits) ++log;
  return log;
}

// The repeats after which the groups that an operand touches come round again.
std::uint64_t period_of(const kernel::VectorOperand& operand, std::uint64_t groups) {
  std::uint64_t period = 1;
  while ((operand.repeat_stride * period) % groups != 0) ++period;
  return period;
}

}  // namespace

// What one repeat asks of each group of banks.
struct VectorTiming::Loads {
  std::array<std::uint8_t, kMaxGroups> reads{};
  std::array<std::uint8_t, kMaxGroups> writes{};
  bool read_meets_write = false;  // in one bank, at different addresses
};

VectorTiming::VectorTiming(const CoreConfig& config) : config_(config) {
  for (const VectorRow& row : config.vector.rows) {
    for (std::size_t width = 0; width < 8; ++width) {
      if (row.bits != 0 && log2_of(row.bits) != width) continue;
      const VectorRow*& place = rows_[static_cast<std::size_t>(row.op) * 8 + width];
      if (place == nullptr || row.bits != 0) place = &row;
    }
  }
}

const VectorRow* VectorTiming::row(kernel::VectorOp op, std::int64_t bits) const {
  const VectorRow* found = rows_[static_cast<std::size_t>(op) * 8 + log2_of(bits)];
  if (found != nullptr) return found;
  throw ConfigError(fmt::format("the vector unit of {} has no {} of {}-bit elements", config_.name,
                                config::enum_name(op), bits));
}

void VectorTiming::count_repeat(const kernel::VectorWork& work, std::uint64_t repeat, Loads& loads) const {
  const BankConfig& banks = config_.vector.banks;
  const auto groups = static_cast<std::uint64_t>(banks.groups);
  const std::uint64_t across = groups * static_cast<std::uint64_t>(banks.bank.value.count());
  const auto block_of = [repeat](const kernel::VectorOperand& operand, std::uint64_t block) {
    return operand.address / kBlock + repeat * operand.repeat_stride + block * operand.block_stride;
  };
  for (std::uint64_t b = 0; b < work.destination.blocks; ++b)
    ++loads.writes[block_of(work.destination, b) % groups];
  for (std::size_t s = 0; s < work.sources; ++s) {
    const kernel::VectorOperand& source = work.source[s];
    for (std::uint64_t b = 0; b < source.blocks; ++b) {
      const std::uint64_t block = block_of(source, b);
      if (s == 1 && b < work.source[0].blocks && block == block_of(work.source[0], b)) continue;
      ++loads.reads[block % groups];
      for (std::uint64_t w = 0; w < work.destination.blocks && !loads.read_meets_write; ++w) {
        const std::uint64_t written = block_of(work.destination, w);
        loads.read_meets_write = written != block && written % groups == block % groups &&
                                 written * kBlock / across == block * kBlock / across;
      }
    }
  }
}

Cycles VectorTiming::bank_cycles(const kernel::VectorWork& work) const {
  const BankConfig& banks = config_.vector.banks;
  const auto groups = static_cast<std::uint64_t>(banks.groups);
  std::uint64_t period = period_of(work.destination, groups);
  for (std::size_t s = 0; s < work.sources; ++s) period = std::max(period, period_of(work.source[s], groups));
  const std::uint64_t looked_at = std::min<std::uint64_t>(period, work.repeats);
  std::int64_t cycles = 0;
  std::int64_t meetings = 0;
  for (std::uint64_t repeat = 0; repeat < looked_at; ++repeat) {
    Loads loads;
    count_repeat(work, repeat, loads);
    std::int64_t slowest = 1;
    for (std::size_t g = 0; g < groups; ++g) {
      const std::int64_t reads = loads.reads[g];
      const std::int64_t writes = loads.writes[g];
      slowest = std::max(
          slowest, banks.two_ports ? std::max(ceil_div(reads + writes, 2), writes) : std::max(reads, writes));
    }
    cycles += slowest;
    // Where reads of a group take turns, the write finds a turn of its own.
    if (!banks.two_ports && slowest == 1 && loads.read_meets_write) ++meetings;
  }
  // Scaled from one period; the first writes come `write_lag` repeats after the first reads, and until then
  // no read meets a write.
  const auto repeats = static_cast<std::int64_t>(work.repeats);
  const auto seen = static_cast<std::int64_t>(looked_at);
  if (seen == 0) return Cycles(0);
  const std::int64_t met = std::max<std::int64_t>(repeats - banks.write_lag.value, 0);
  return Cycles(ceil_div(cycles * repeats, seen) + meetings * met / seen);
}

Cycles VectorTiming::rated_cycles(const kernel::VectorWork& work) const {
  const VectorRow* rate = row(work.op, bits_of(work.type));
  return Cycles(std::max<std::int64_t>(
      ceil_div(static_cast<std::int64_t>(work.elements) * rate->cycles, rate->elements), work.repeats));
}

Duration VectorTiming::operator()(const kernel::VectorWork& work) const {
  const std::int64_t rated = rated_cycles(work).count();
  const std::int64_t banks = bank_cycles(work).count();
  return {Cycles(std::max(rated, banks)), Cycles(config_.vector.startup_cycles.value),
          Cycles(std::max<std::int64_t>(banks - rated, 0))};
}

}  // namespace podsim::core
