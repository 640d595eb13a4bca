// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/mla_plan.h"

namespace podsim::kernel::ops {
namespace {

// Gives the core steps `first` to `end` of a request as an item of its own.
void add_item(MlaPlan& plan, std::size_t core, MlaItem item, std::uint32_t tokens, std::uint32_t first,
              std::uint32_t end) {
  item.first = first * plan.tile;
  item.tokens = std::min(tokens, end * plan.tile) - item.first;
  const auto number = static_cast<std::uint32_t>(plan.items[core].size());
  for (std::uint32_t i = first; i < end; ++i) {
    const std::uint32_t token = i * plan.tile;
    plan.steps[core].push_back(
        {number, token, std::min(plan.tile, tokens - token), i == first, i + 1 == end});
  }
  plan.items[core].push_back(item);
}

}  // namespace

void deal_out(MlaPlan& plan, const std::vector<std::int64_t>& contexts, std::uint64_t cores, bool split) {
  std::uint64_t all = 0;
  for (const std::int64_t context : contexts) all += ceil_div(static_cast<std::uint64_t>(context), plan.tile);
  cores = std::min(cores, split ? all : contexts.size());
  plan.items.resize(cores);
  plan.steps.resize(cores);
  std::uint64_t done = 0;  // steps of requests before
  for (std::size_t r = 0; r < contexts.size(); ++r) {
    const auto tokens = static_cast<std::uint32_t>(contexts[r]);
    const auto steps = static_cast<std::uint32_t>(ceil_div(tokens, plan.tile));
    MlaItem item;
    item.request = static_cast<std::uint32_t>(r);
    const MlaJoin join{item.request, plan.partials, 0};
    std::uint32_t pieces = 0;
    for (std::uint32_t from = 0; from < steps; ++pieces) {
      // Core c has steps all * c / cores to all * (c + 1) / cores.
      const std::uint64_t core = split ? ((done + from + 1) * cores - 1) / all : r % cores;
      const std::uint64_t last = split ? all * (core + 1) / cores - done : steps;
      const auto end = static_cast<std::uint32_t>(std::min<std::uint64_t>(steps, last));
      item.whole = from == 0 && end == steps;
      item.partial = plan.partials;
      if (!item.whole) ++plan.partials;
      add_item(plan, core, item, tokens, from, end);
      from = end;
    }
    if (pieces > 1) plan.joins.push_back({join.request, join.first, pieces});
    done += steps;
  }
}

}  // namespace podsim::kernel::ops
