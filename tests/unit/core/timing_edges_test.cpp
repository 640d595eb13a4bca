// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Every timing row of every core at its edge, driven through the module: a cycle before its time the result
// is not there, at its time it is, and what waits for it starts then. Expected cycles are worked out here
// from the row, so another number in a row is followed and another rule is not.
#include <gtest/gtest.h>

#include <cmath>

#include "support/in_child.h"
#include "unit/core/edges.h"

namespace podsim::test {
namespace {

using core::CoreConfig;
using kernel::FixpipeMove;

INSTANTIATE_TEST_SUITE_P(Of, Rows, testing::Values("dav_2201", "dav_3510"),
                         [](const auto& made) { return std::string(made.param); });

TEST_P(Rows, Cube) {
  Edges edges(true, GetParam());
  const core::CubeConfig& cube = config_.cube;
  for (const core::CubeRow& row : cube.rows) {
    for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{128, 128, 8 * row.k0},
                                  {16, 16, row.k0},
                                  {17, 31, row.k0 + 1},
                                  {1, 1, 1},
                                  {48, 16, 3 * row.k0 - 1}}) {
      SCOPED_TRACE(
          fmt::format("{}{} {}x{}x{}", row.sparse ? "sparse " : "", config::enum_name(row.type), m, n, k));
      Instruction product =
          mmad(static_cast<std::uint32_t>(m), static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(k));
      product.touch_count = 0;
      auto& work = std::get<kernel::CubeWork>(product.work);
      work.a = work.b = row.type;
      work.sparse = row.sparse;
      const std::int64_t steps =
          over(over(m, 16) * over(n, 16) * 256 * over(k, row.k0) * row.k0, row.macs_per_cycle);
      edges.expect(product, steps + cube.issue_cycles.value, steps + cube.result_cycles.value);
    }
  }
}

// A move inside the core; MTE1 or MTE3 by where it comes from.
Instruction local_move(const kernel::LocalMove& move) {
  Instruction instruction = to_l0(false, 0, 0, 32);
  instruction.work = move;
  instruction.touch_count = 0;
  return instruction;
}

void expect_move(Edges& edges, const core::PathRow& row, const kernel::LocalMove& move, std::int64_t cycles) {
  edges.expect(local_move(move), cycles, cycles + row.latency);
}

TEST_P(Rows, LocalPath) {
  Edges edges(true, GetParam());
  for (const core::PathRow& row : config_.local_paths) {
    for (const std::int64_t bytes : {std::int64_t{1}, row.bytes_per_cycle, row.bytes_per_cycle + 1,
                                     40 * row.bytes_per_cycle - 1, 16384L}) {
      SCOPED_TRACE(fmt::format("{} {} B", config::enum_name(row.path), bytes));
      expect_move(edges, row, {row.path, static_cast<std::uint64_t>(bytes), 1, 1},
                  over(bytes, row.bytes_per_cycle));
    }
  }
}

// min(rate, numerator / (repeats + offset), numerator / (2 stride)) in whole bytes per cycle, not under the
// floor.
TEST_P(Rows, ImagePath) {
  Edges edges(true, GetParam());
  int seen = 0;
  for (const core::PathRow& row : config_.local_paths) {
    if (!row.image) continue;
    ++seen;
    const core::ImageForm& form = *row.image;
    for (const auto& [stride, repeats] :
         {std::array<std::int64_t, 2>{1, 2}, {1, 3}, {2, 1}, {3, 1}, {2, 5}, {63, 1}, {1, 255}}) {
      SCOPED_TRACE(fmt::format("{} stride {} repeats {}", config::enum_name(row.path), stride, repeats));
      std::int64_t rate = row.bytes_per_cycle;
      if (repeats > 1) rate = std::min(rate, form.numerator / (repeats + form.repeat_offset));
      if (stride > 1) rate = std::min(rate, form.numerator / (2 * stride));
      const double used = std::max(static_cast<double>(rate), form.floor);
      expect_move(edges, row,
                  {row.path, 20'000, static_cast<std::uint32_t>(stride), static_cast<std::uint32_t>(repeats)},
                  static_cast<std::int64_t>(std::ceil(20'000.0 / used - 1e-9)));
    }
  }
  EXPECT_GT(seen, 0);
}

TEST_P(Rows, Fixpipe) {
  Edges edges(true, GetParam());
  for (const core::FixpipeRow& row : config_.fixpipe) {
    for (const bool dual : {false, true}) {
      if (dual && row.destination != Memory::UnifiedBuffer) continue;
      SCOPED_TRACE(fmt::format("{} {} {} bits{}", config::enum_name(row.destination),
                               config::enum_name(row.layout), row.bits, dual ? " dual" : ""));
      Instruction out = fixpipe(65, 48, row.destination);
      auto& move = std::get<FixpipeMove>(out.work);
      move.layout = row.layout;
      move.to = type_of_width(row.bits);
      move.dual_destination = dual;
      out.touch_count = 0;
      std::int64_t cycles = over(65 * 48, row.elements_per_cycle * (dual ? 2 : 1)) + row.latency;
      if (row.destination == Memory::Gm) {  // the data path to GM is a row of its own
        for (const core::GlobalRow& path : config_.global_paths) {
          if (path.direction != core::Direction::Write || path.memory != Memory::L0c) continue;
          const double port =
              path.cycles_per_copy + 65 * path.cycles_per_row + 65 * 96.0 / path.bytes_per_cycle;
          cycles = std::max(cycles, static_cast<std::int64_t>(std::ceil(port)));
        }
        const Picoseconds start = edges.run([&] { issue(out); });
        EXPECT_EQ(over((edges.bench().trace.of("Fixpipe").at(0).end - start).count(), 1000), cycles);
        continue;
      }
      edges.expect(out, cycles, cycles);
    }
  }
}

// Copies: per copy, per row, per unaligned block and per byte on the core's side; the memory's answer if
// later.
TEST_P(Rows, GlobalPath) {
  struct Shape {
    std::uint32_t rows;
    std::uint64_t row_bytes, stride, address;
  };
  for (const bool cube : {true, false}) {
    const std::string said = in_child([&]() -> std::string {
      CoreBench bench(config_, cube ? 1 : 0, cube ? 0 : 1);
      std::string wrong;
      for (const core::GlobalRow& row : config_.global_paths) {
        if ((row.memory == Memory::UnifiedBuffer) == cube || row.memory == Memory::L0c) continue;
        for (const Shape& shape : {Shape{1, 32, 32, 0},
                                   {1, 6400, 6400, 64},
                                   {37, 96, 4096, 0},
                                   {5, 100, 130, 0},
                                   {4, 64, 64, 16},
                                   {1, 128, 77, 0}}) {
          for (const Picoseconds latency : {Picoseconds(0), 1_us}) {
            bench.memory = FixedMemory(latency);
            const bool write = row.direction == core::Direction::Write;
            Instruction copy =
                load(row.memory, shape.address, 0, shape.row_bytes, shape.rows, shape.stride, row.nd_to_nz);
            copy.pipe = write ? Pipe::Mte3 : Pipe::Mte2;
            std::get<kernel::GlobalMove>(copy.work).write = write;
            copy.touch_count = 0;
            const bool aligned = shape.address % 32 == 0 && (shape.rows == 1 || shape.stride % 32 == 0);
            const double blocks =
                aligned ? 0.0 : static_cast<double>(over(static_cast<std::int64_t>(shape.row_bytes), 32));
            const double per_row = row.cycles_per_row + blocks * row.cycles_per_unaligned_block;
            const double bytes = static_cast<double>(shape.rows * shape.row_bytes) / row.bytes_per_cycle;
            const double own = row.cycles_per_copy + shape.rows * per_row + bytes;
            const double memory = shape.rows * per_row + bytes + static_cast<double>(latency.count()) / 1000;
            bench.trace.slices.clear();
            const Picoseconds start = sim::now();
            bench.run([&] {
              issue(copy);
              Instruction next = copy;
              next.call = "next";
              issue(next);
            });
            const auto check = [&](const char* what, Picoseconds at, double cycles) {
              // Times are whole picoseconds; rates and costs per row are not.
              if (std::fabs(static_cast<double>((at - start).count()) - cycles * 1000) <= 2.0 + shape.rows)
                return;
              wrong += fmt::format("{} {} nz={} {}x{} at {}, latency {}: {} {} ps, expected {}\n",
                                   config::enum_name(row.direction), config::enum_name(row.memory),
                                   row.nd_to_nz, shape.rows, shape.row_bytes, shape.address,
                                   to_string(latency), what, (at - start).count(), cycles * 1000);
            };
            check("result at", bench.trace.of("DataCopy").at(0).end, std::max(own, memory));
            check("next at", bench.trace.of("next").at(0).start,
                  row.one_at_a_time ? std::max(own, memory) : own);
          }
        }
      }
      return wrong;
    });
    EXPECT_EQ(said, "");
  }
}

// A call costs the scalar unit what its row says: the next one is issued then.
TEST_P(Rows, Issue) {
  CoreConfig config =
      config::load<CoreConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/cores/" + GetParam() + ".json");
  CoreBench bench(config, 1, 1);
  const std::map<core::IssueKind, std::vector<Instruction>> calls{
      {core::IssueKind::Cube, {mmad(16, 16, 16)}},
      {core::IssueKind::LocalMove, {to_l0(false, 0, 0, 512)}},
      {core::IssueKind::GlobalMove, {load(Memory::L1, 0, 0, 512)}},
      {core::IssueKind::Fixpipe, {fixpipe(16, 16)}},
      {core::IssueKind::Flag,
       {flag(true, Pipe::Mte2, Pipe::Mte1, 0), flag(false, Pipe::Mte2, Pipe::Mte1, 0), barrier(Pipe::M)}}};
  ASSERT_EQ(config.scalar.issue.size(), calls.size() + 1);
  std::vector<std::int64_t> spent;
  std::vector<std::int64_t> expected;
  const auto measure = [&](const Instruction& instruction, core::IssueKind kind) {
    const std::int64_t before = kernel::scalar_unit().cycles();
    issue(instruction);
    spent.push_back(kernel::scalar_unit().cycles() - before);
    for (const core::IssueRow& row : config.scalar.issue) {
      if (row.work == kind) expected.push_back(row.cycles);
    }
  };
  ASSERT_TRUE(bench.run({[&] {
                           for (const auto& [kind, list] : calls) {
                             for (const Instruction& one : list) measure(one, kind);
                           }
                         },
                         [&] { measure(add(0, 512, 1024, 1), core::IssueKind::Vector); }}));
  EXPECT_EQ(spent, expected);
}

// A scalar read waits for the instruction that writes its bytes, and costs what the row says.
TEST_P(Rows, ScalarAccess) {
  CoreConfig config = plain_core(GetParam());
  CoreBench bench(config, 0, 1);
  std::array<std::int64_t, 2> after{};
  ASSERT_TRUE(bench.run([&] {
    const std::uint64_t across =
        static_cast<std::uint64_t>(config.vector.banks.groups * config.vector.banks.bank.value.count());
    Instruction call = add(across, 0, 0, 3);
    issue(call);
    kernel::scalar_unit().access("GetValue", bytes_at(Memory::UnifiedBuffer, false, across, 2));
    after[0] = kernel::scalar_unit().cycles();
    kernel::scalar_unit().access("SetValue", bytes_at(Memory::UnifiedBuffer, true, 8192, 2));
    after[1] = kernel::scalar_unit().cycles();
  }));
  const std::int64_t access = config.scalar.access_cycles.value;
  EXPECT_EQ(after[0], 3 + config.vector.startup_cycles.value + access);
  EXPECT_EQ(after[1], after[0] + access);
}

}  // namespace
}  // namespace podsim::test
