// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "moe/dealing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "podsim/base/error.h"

namespace podsim::moe {

std::vector<std::int64_t> apportion(Span<const double> loads, std::int64_t total, std::int64_t most,
                                    Span<const ExpertIndex> tie_order, const std::string& place) {
  const double sum = std::accumulate(loads.begin(), loads.end(), 0.0);
  if (!(sum > 0.0) || !std::isfinite(sum))
    throw ConfigError(fmt::format("{}: the loads add up to {}, expected more than 0", place, sum));
  std::vector<std::int64_t> counts(loads.size());
  std::vector<double> lost(loads.size());
  std::int64_t left = total;
  for (std::size_t e = 0; e < loads.size(); ++e) {
    const double exact = loads[e] / sum * static_cast<double>(total);
    // Loads that were counted in whole tokens come back whole, in spite of the division.
    const double whole = std::floor(exact + 1e-6);
    if (whole > static_cast<double>(most)) {
      throw ConfigError(
          fmt::format("{}: expert {} has the load {} of {} in all, more than one route of every token", place,
                      e, loads[e], sum));
    }
    counts[e] = static_cast<std::int64_t>(whole);
    lost[e] = exact - whole;
    left -= counts[e];
  }
  std::vector<ExpertIndex> order(tie_order.begin(), tie_order.end());
  std::stable_sort(order.begin(), order.end(),
                   [&](ExpertIndex a, ExpertIndex b) { return lost[a] > lost[b]; });
  while (left != 0) {  // once round, unless `most` is in the way
    const std::int64_t before = left;
    for (ExpertIndex e : order) {
      if (left > 0 && counts[e] < most && loads[e] > 0.0) ++counts[e], --left;
    }
    for (auto e = order.rbegin(); e != order.rend(); ++e) {
      if (left < 0 && counts[*e] > 0) --counts[*e], ++left;
    }
    if (left == before)
      throw ConfigError(fmt::format("{}: fewer experts have a load than a token has routes", place));
  }
  return counts;
}

std::vector<ExpertIndex> shuffled_experts(std::size_t experts, Random& random) {
  std::vector<ExpertIndex> order(experts);
  std::iota(order.begin(), order.end(), ExpertIndex{0});
  random.shuffle(order);
  return order;
}

std::vector<ExpertIndex> spread_experts(std::size_t experts, std::size_t ranks, Random& random) {
  const std::vector<ExpertIndex> shuffled = shuffled_experts(experts, random);
  std::vector<std::vector<ExpertIndex>> of_rank(std::min(experts, ranks));
  for (ExpertIndex e : shuffled) of_rank[e * of_rank.size() / experts].push_back(e);
  random.shuffle(of_rank);
  std::vector<ExpertIndex> order;
  for (std::size_t turn = 0; order.size() < experts; ++turn) {
    for (const std::vector<ExpertIndex>& own : of_rank) {
      if (turn < own.size()) order.push_back(own[turn]);
    }
  }
  return order;
}

Dealer::Dealer(std::vector<std::int64_t> counts, std::int64_t ranks, std::int64_t tokens, std::int64_t top_k,
               Random& random)
    : ranks_(ranks), tokens_(tokens), top_k_(top_k), order_(shuffled_experts(counts.size(), random)) {
  first_slot_.push_back(0);
  for (ExpertIndex e : order_) first_slot_.push_back(first_slot_.back() + counts[e]);
  PODSIM_CHECK(first_slot_.back() == ranks * tokens * top_k,
               "{} routes dealt to {} ranks of {} tokens with top {}", first_slot_.back(), ranks, tokens,
               top_k);
}

void Dealer::deal(std::int64_t rank, Random random, Span<ExpertIndex> experts) {
  // Slot s of the layer belongs to rank s mod ranks, so that a rank gets as many of each expert as any other,
  // give or take one. The number of slots below x that are this rank's: (x + ranks - 1 - rank) / ranks.
  const auto own_slots = [&](std::int64_t x) { return (x + ranks_ - 1 - rank) / ranks_; };
  hand_.clear();
  std::int64_t before = 0;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const std::int64_t after = own_slots(first_slot_[i + 1]);
    if (after > before) hand_.push_back({order_[i], static_cast<std::uint32_t>(after - before)});
    before = after;
  }
  random.shuffle(hand_);
  row_order_.resize(static_cast<std::size_t>(tokens_));
  std::iota(row_order_.begin(), row_order_.end(), std::uint32_t{0});
  random.shuffle(row_order_);

  // Column by column: the routes of an expert, at most one per token, land in different rows.
  const auto tokens = static_cast<std::size_t>(tokens_);
  const auto width = static_cast<std::size_t>(top_k_);
  const std::size_t rows = experts.size() / width;
  std::size_t row = 0;
  std::size_t column = 0;
  for (const Holding& holding : hand_) {
    for (std::uint32_t i = 0; i < holding.routes; ++i) {
      const std::size_t to = row_order_[row];
      if (to < rows) experts[to * width + column] = holding.expert;
      if (++row == tokens) row = 0, ++column;
    }
  }
}

}  // namespace podsim::moe
