// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/row_indices.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "podsim/base/error.h"
#include "podsim/kernel/call.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::uint64_t kMostTileRows = 4095;  // of one copy
constexpr std::uint64_t kGoodTileBytes = 32 * 1024;

}  // namespace

IndexPlan plan_indexed(const OpContext& context, std::uint64_t rows, std::uint64_t tokens,
                       std::uint64_t columns, std::uint64_t element_bytes, std::uint64_t scratch_bytes) {
  const OpRequest& request = context.request;
  IndexPlan plan;
  plan.rows = rows;
  plan.tokens = tokens;
  plan.columns = columns;
  plan.blocks = cores_for(context, rows, context.die.vector_cores);
  plan.buffers = static_cast<std::uint32_t>(option_value(request, "buffers", 2, 1, 2));
  const std::uint64_t space = context.die.capacity[static_cast<std::size_t>(Memory::UnifiedBuffer)];
  const std::uint64_t element = plan.buffers * element_bytes + scratch_bytes;
  const std::uint64_t most_columns = space / element / kBlockBytes * kBlockBytes;
  plan.tile_columns = static_cast<std::uint32_t>(
      option_value(request, "tile_columns", static_cast<std::int64_t>(std::min(columns, most_columns)), 1,
                   static_cast<std::int64_t>(std::min(columns, most_columns))));
  plan.pitch = static_cast<std::uint32_t>(round_up(plan.tile_columns, kBlockBytes));
  const std::uint64_t fit = std::min(space / (element * plan.pitch), kMostTileRows);
  // Small tiles start the way out early; large ones need fewer copies. 32 KiB is twice what reaches the full
  // rate.
  const std::uint64_t good = std::max<std::uint64_t>(1, kGoodTileBytes / (plan.pitch * element_bytes));
  const std::uint64_t share = ceil_div(rows, static_cast<std::uint64_t>(plan.blocks));
  plan.tile_rows = static_cast<std::uint32_t>(
      option_value(request, "tile_rows", static_cast<std::int64_t>(std::min({fit, good, share})), 1,
                   static_cast<std::int64_t>(fit)));
  plan.bypass = option_word(request, "l2", "normal", {"normal", "bypass"}) == "bypass";
  return plan;
}

std::vector<OpKey> index_options() {
  return {{"tile_rows", "rows that are copied before they are stored", "32 KiB, at most a core's share"},
          {"tile_columns", "elements of a row that are copied at once", "all that fit"},
          {"buffers", "tiles in the unified buffer: 1, or 2 to overlap loads and stores", "2"},
          {"l2", "of the input: normal or bypass", "normal"}};
}

std::map<std::string, std::string> tiling_of(const IndexPlan& plan) {
  return {{"tile_rows", std::to_string(plan.tile_rows)},
          {"tile_columns", std::to_string(plan.tile_columns)},
          {"buffers", std::to_string(plan.buffers)},
          {"l2", plan.bypass ? "bypass" : "normal"}};
}

std::vector<OpKey> pattern_option(const char* fallback) {
  return {{"pattern", "of the indices: uniform (seeded), distinct (seeded), sequential or same", fallback}};
}

std::vector<std::int32_t> row_indices(const OpContext& context, const IndexPlan& plan, const char* fallback) {
  const std::string pattern =
      option_word(context.request, "pattern", fallback, {"uniform", "distinct", "sequential", "same"});
  if (pattern == "distinct" && plan.rows > plan.tokens) {
    throw ConfigError(fmt::format("{}: {} distinct rows out of {}", context.name, plan.rows, plan.tokens));
  }
  std::vector<std::int32_t> indices(plan.rows, 0);
  Random random(context.request.seed, "rows");
  if (pattern == "distinct") {
    std::vector<std::int32_t> all(plan.tokens);
    std::iota(all.begin(), all.end(), 0);
    random.shuffle(all);
    std::copy_n(all.begin(), plan.rows, indices.begin());
  } else if (pattern != "same") {
    for (std::uint64_t i = 0; i < plan.rows; ++i) {
      indices[i] =
          static_cast<std::int32_t>(pattern == "uniform" ? random.below(plan.tokens) : i % plan.tokens);
    }
  }
  return indices;
}

std::int32_t* device_indices(const OpContext& context, const std::vector<std::int32_t>& indices) {
  auto* const data = device_array<std::int32_t>(context.memory, indices.size());
  std::copy(indices.begin(), indices.end(), data);
  return data;
}

}  // namespace podsim::kernel::ops
