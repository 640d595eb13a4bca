// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/vector_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/kernel/call.h"

namespace podsim::kernel::ops {
namespace {

// The repeat count of a vector call is 8 bits; a multiple of 8 for Brcb.
constexpr std::uint64_t kMostTileRows = 240;
// Copies of 16 KiB and more reach the full bandwidth (asc-devkit, "move large blocks").
constexpr std::uint64_t kGoodCopyBytes = 16 * 1024;

class PartsRun : public OpRun {
 public:
  explicit PartsRun(RunParts parts) : parts_(std::move(parts)) {}
  OpMix mix() const override { return parts_.mix; }
  std::int64_t blocks() const override { return parts_.blocks; }
  void kernel() override { parts_.kernel(); }
  void fill() override { parts_.fill(); }
  std::string check() const override { return parts_.check(); }
  double flops() const override { return parts_.flops; }
  double compulsory_bytes() const override { return parts_.bytes; }
  std::map<std::string, std::string> tiling() const override { return parts_.tiling; }

 private:
  RunParts parts_;
};

std::uint64_t unified_buffer(const DieTraits& die) {
  return die.capacity[static_cast<std::size_t>(Memory::UnifiedBuffer)];
}

}  // namespace

std::unique_ptr<OpRun> make_run(RunParts parts) {
  return std::make_unique<PartsRun>(std::move(parts));
}

Op with_preparation(Op op, std::unique_ptr<OpRun> (*prepare)(const OpContext&)) {
  const Op known = op;
  op.prepare = [known, prepare](const DieTraits& die, const OpRequest& request, DeviceMemory& memory) {
    check_request(known, request);
    return prepare({die, request, known.name, dtype_of(known, request), memory});
  };
  return op;
}

std::string difference_text(const char* name, std::uint64_t index, double got, double expected,
                            double allowed) {
  return fmt::format("{}[{}] is {:.9g}, expected {:.9g} within {:.3g}", name, index, got, expected, allowed);
}

Share share_of(std::uint64_t items, std::uint64_t unit, std::uint64_t blocks, std::uint64_t block) {
  const std::uint64_t units = ceil_div(items, unit);
  const std::uint64_t first = std::min(units * block / blocks * unit, items);
  const std::uint64_t end = std::min(units * (block + 1) / blocks * unit, items);
  return {first, end - first};
}

std::int64_t cores_for(const OpContext& context, std::uint64_t units, std::int64_t available) {
  const std::int64_t asked = context.request.cores;
  if (asked < 0) throw ConfigError(fmt::format("{}: cores is {}, expected at least 1", context.name, asked));
  const std::int64_t wanted = asked == 0 ? available : asked;
  return std::max<std::int64_t>(1, std::min(wanted, static_cast<std::int64_t>(units)));
}

std::vector<OpKey> stream_options() {
  return {{"tile", "elements of one copy", "what fits, at least 4 tiles per core"},
          {"buffers", "buffers per operand: 1, or 2 to overlap copies and computation", "2"},
          {"bank_offset", "bytes between the buffers of two operands, against bank conflicts",
           "256 on 2201, 0 on 3510"},
          {"l2", "of the inputs: normal or bypass", "normal; bypass if they exceed half of L2"}};
}

StreamPlan plan_stream(const OpContext& context, std::uint64_t elements, std::uint32_t operands,
                       std::uint32_t operand_bytes, std::uint32_t scratch_bytes,
                       std::uint32_t largest_element) {
  const OpRequest& request = context.request;
  StreamPlan plan;
  plan.elements = elements;
  plan.blocks = cores_for(context, ceil_div(elements, kStreamUnit), context.die.vector_cores);
  plan.buffers = static_cast<std::uint32_t>(option_value(request, "buffers", 2, 1, 2));
  plan.bank_offset = static_cast<std::uint32_t>(
      option_value(request, "bank_offset", context.die.architecture == 2201 ? 256 : 0, 0, 65536));
  if (plan.bank_offset % kBlockBytes != 0) {
    throw ConfigError(
        fmt::format("bank_offset is {}, expected a multiple of {}", plan.bank_offset, kBlockBytes));
  }
  const std::uint64_t gaps = std::uint64_t{operands} * plan.bank_offset;
  const std::uint64_t space = unified_buffer(context.die);
  const std::uint64_t element = std::uint64_t{plan.buffers} * operand_bytes + scratch_bytes;
  // Every buffer is rounded up to a block.
  const std::uint64_t room = space > gaps ? (space - gaps) / element : 0;
  const std::uint64_t fit = room / kStreamUnit * kStreamUnit;
  const std::uint64_t share = ceil_div(elements, static_cast<std::uint64_t>(plan.blocks));
  const std::uint64_t good = std::max(ceil_div(share, 4), kGoodCopyBytes / largest_element);
  const auto chosen = static_cast<std::int64_t>(std::min(fit, round_up(std::min(good, share), kStreamUnit)));
  const std::int64_t most = static_cast<std::int64_t>(room / 16 * 16);
  plan.tile = static_cast<std::uint32_t>(option_value(request, "tile", chosen, 16, most));
  if (plan.tile % 32 != 0) throw ConfigError(fmt::format("tile is {}, expected a multiple of 32", plan.tile));
  const bool large = elements * operand_bytes > context.die.l2_bytes / 2;
  plan.bypass = option_word(request, "l2", large ? "bypass" : "normal", {"normal", "bypass"}) == "bypass";
  return plan;
}

std::map<std::string, std::string> tiling_of(const StreamPlan& plan) {
  return {{"tile", std::to_string(plan.tile)},
          {"buffers", std::to_string(plan.buffers)},
          {"bank_offset", std::to_string(plan.bank_offset)},
          {"l2", plan.bypass ? "bypass" : "normal"}};
}

std::vector<OpKey> row_options() {
  return {
      {"tile_rows", "rows of one copy", "what fits, at most a core's share"},
      {"buffers", "buffers per operand: 1, or 2 to overlap copies and computation", "2 if a row fits twice"}};
}

RowPlan plan_rows(const OpContext& context, std::uint64_t rows, std::uint32_t columns, std::uint32_t pitch,
                  const RowBytes& bytes) {
  const std::uint64_t space = unified_buffer(context.die);
  const auto fitting = [&](std::uint64_t buffers) {
    const std::uint64_t left = space > bytes.fixed ? space - bytes.fixed : 0;
    return std::min(left / (buffers * bytes.buffered + bytes.once), kMostTileRows);
  };
  RowPlan plan{rows, columns, pitch, 1, 0, 2};
  plan.blocks = cores_for(context, rows, context.die.vector_cores);
  plan.buffers =
      static_cast<std::uint32_t>(option_value(context.request, "buffers", fitting(2) > 0 ? 2 : 1, 1, 2));
  const std::uint64_t fit = fitting(plan.buffers);
  if (fit == 0) {
    throw ConfigError(
        fmt::format("{}: a row of {} columns needs {} bytes of the unified buffer, which has {}",
                    context.name, columns, plan.buffers * bytes.buffered + bytes.once + bytes.fixed, space));
  }
  const std::uint64_t share = ceil_div(rows, static_cast<std::uint64_t>(plan.blocks));
  plan.tile_rows = static_cast<std::uint32_t>(option_value(context.request, "tile_rows",
                                                           static_cast<std::int64_t>(std::min(fit, share)), 1,
                                                           static_cast<std::int64_t>(fit)));
  return plan;
}

std::map<std::string, std::string> tiling_of(const RowPlan& plan) {
  return {{"tile_rows", std::to_string(plan.tile_rows)}, {"buffers", std::to_string(plan.buffers)}};
}

}  // namespace podsim::kernel::ops
