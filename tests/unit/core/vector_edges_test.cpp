// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The rows of the vector table and the rules of the banks at their edges.
#include <gtest/gtest.h>

#include <algorithm>

#include "podsim/base/random.h"
#include "unit/core/edges.h"

namespace podsim::test {
namespace {

class VectorRows : public Rows {};
INSTANTIATE_TEST_SUITE_P(Of, VectorRows, testing::Values("dav_2201", "dav_3510"),
                         [](const auto& made) { return std::string(made.param); });

// One source, so that on neither generation the banks are slower than the row; the last repeat is cut short.
Instruction vector_call(const core::VectorRow& row, std::int64_t bits, std::uint32_t repeats) {
  Instruction call = add(64 << 10, 0, 0, repeats);
  call.touch_count = 0;
  auto& work = std::get<kernel::VectorWork>(call.work);
  work.op = row.op;
  work.type = work.narrow = type_of_width(bits);
  work.sources = 1;
  work.elements = static_cast<std::uint64_t>(repeats * (2048 / bits) - 1);
  return call;
}

TEST_P(VectorRows, Vector) {
  Edges edges(false, GetParam());
  for (const core::VectorRow& row : config_.vector.rows) {
    for (const std::int64_t bits : {8, 16, 32, 64}) {
      if (row.bits != 0 && row.bits != bits) continue;
      const bool special = std::any_of(
          config_.vector.rows.begin(), config_.vector.rows.end(),
          [&](const auto& other) { return other.op == row.op && other.bits == bits && row.bits == 0; });
      if (special) continue;  // its own row holds
      for (const std::uint32_t repeats : {1U, 7U}) {
        SCOPED_TRACE(fmt::format("{} {} bits, {} repeats", config::enum_name(row.op), bits, repeats));
        const Instruction call = vector_call(row, bits, repeats);
        const auto elements = static_cast<std::int64_t>(std::get<kernel::VectorWork>(call.work).elements);
        const std::int64_t busy = std::max<std::int64_t>(over(elements * row.cycles, row.elements), repeats);
        edges.expect(call, busy, busy + config_.vector.startup_cycles.value);
      }
    }
  }
}

Instruction vector_on(std::uint64_t to, std::uint64_t a, std::uint64_t b, std::uint32_t repeats) {
  Instruction call = add(to, a, b, repeats);
  call.touch_count = 0;
  return call;
}

// What a group of banks does in a cycle, for operands of whole repeats one after another.
TEST_P(VectorRows, BankGroups) {
  Edges edges(false, GetParam());
  const core::BankConfig& banks = config_.vector.banks;
  const auto across = static_cast<std::uint64_t>(banks.groups * banks.bank.value.count());
  const std::int64_t startup = config_.vector.startup_cycles.value;
  for (const std::uint64_t shift :
       {0UL, 256UL}) {  // blocks of the second source: the same groups, or the next eight
    for (const std::uint32_t repeats : {1U, 16U, 63U}) {
      SCOPED_TRACE(fmt::format("second source {} B on, {} repeats", shift, repeats));
      const bool same = static_cast<std::int64_t>(shift / 32) % banks.groups == 0;
      const std::int64_t reads = same ? 2 : 1;
      const std::int64_t cycles = repeats * (banks.two_ports ? over(reads + 1, 2) : reads);
      edges.expect(vector_on(2 * across, 0, across + shift, repeats), cycles, cycles + startup);
    }
  }
  // All eight blocks of the destination in one group.
  Instruction scattered = vector_on(across, 0, 0, 5);
  auto& work = std::get<kernel::VectorWork>(scattered.work);
  work.sources = 1;
  work.destination.block_stride = static_cast<std::uint16_t>(banks.groups);
  edges.expect(scattered, 5 * 8, 5 * 8 + startup);
  // A source read twice at one address is read once.
  edges.expect(vector_on(across, 0, 0, 6), 6, 6 + startup);
}

// A read and a write of one bank exclude each other from the repeat on in which the first write comes.
TEST_P(VectorRows, WriteLag) {
  Edges edges(false, GetParam());
  const core::BankConfig& banks = config_.vector.banks;
  const std::int64_t startup = config_.vector.startup_cycles.value;
  const std::int64_t lag = banks.write_lag.value;
  const auto line = static_cast<std::uint64_t>(32 * banks.groups);  // same groups, same bank, other address
  for (const std::int64_t repeats : {lag, lag + 1, lag + 2, lag + 40}) {
    if (repeats < 1) continue;
    SCOPED_TRACE(fmt::format("{} repeats", repeats));
    const auto count = static_cast<std::uint32_t>(repeats);
    const std::int64_t met = banks.two_ports ? 0 : repeats - lag;
    Instruction meets = vector_on(line, 0, 0, count);
    std::get<kernel::VectorWork>(meets.work).sources = 1;
    edges.expect(meets, repeats + met, repeats + met + startup);
    Instruction in_place = vector_on(0, 0, 0, count);
    std::get<kernel::VectorWork>(in_place.work).sources = 1;
    edges.expect(in_place, repeats, repeats + startup);
  }
}

// Banks against a plain count of every repeat, for operands that lie anywhere and where no read meets a
// write.
TEST_P(VectorRows, BanksOfRandomOperands) {
  const core::VectorTiming timing(config_);
  const core::BankConfig& banks = config_.vector.banks;
  const auto groups = static_cast<std::uint64_t>(banks.groups);
  const std::uint64_t across = groups * static_cast<std::uint64_t>(banks.bank.value.count());
  Random random(3, "bank operands");
  const auto operand = [&](std::uint64_t from) {
    kernel::VectorOperand made;
    made.address = from + 32 * random.below(groups);
    made.block_stride = static_cast<std::uint16_t>(random.below(4));
    made.repeat_stride = static_cast<std::uint16_t>(random.below(10));
    made.blocks = static_cast<std::uint8_t>(1 + random.below(8));
    return made;
  };
  for (int i = 0; i < 2000; ++i) {
    kernel::VectorWork work;
    work.sources = static_cast<std::uint8_t>(1 + random.below(2));
    // Whole turns of the groups, of which no operand comes near the next one's banks.
    work.repeats = static_cast<std::uint32_t>(groups * (1 + random.below(3)));
    work.destination = operand(0);
    for (std::size_t s = 0; s < 2; ++s) work.source[s] = operand((s + 1) * across);
    std::int64_t expected = 0;
    for (std::uint64_t repeat = 0; repeat < work.repeats; ++repeat) {
      std::vector<std::int64_t> reads(groups);
      std::vector<std::int64_t> writes(groups);
      const auto count = [&](const kernel::VectorOperand& o, std::vector<std::int64_t>& into) {
        for (std::uint64_t b = 0; b < o.blocks; ++b)
          ++into[(o.address / 32 + repeat * o.repeat_stride + b * o.block_stride) % groups];
      };
      count(work.destination, writes);
      for (std::size_t s = 0; s < work.sources; ++s) count(work.source[s], reads);
      std::int64_t slowest = 1;
      for (std::size_t g = 0; g < groups; ++g) {
        slowest = std::max(slowest, banks.two_ports ? std::max(over(reads[g] + writes[g], 2), writes[g])
                                                    : std::max(reads[g], writes[g]));
      }
      expected += slowest;
    }
    ASSERT_EQ(timing.bank_cycles(work), Cycles(expected)) << "case " << i;
  }
}

}  // namespace
}  // namespace podsim::test
