// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "moe/distinct_draw.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace podsim::moe {
namespace {

bool contains(const ExpertIndex* picks, std::size_t count, ExpertIndex item) {
  for (std::size_t i = 0; i < count; ++i) {
    if (picks[i] == item) return true;
  }
  return false;
}

}  // namespace

UniformDraw::UniformDraw(std::size_t items) : items_(items), pool_(items) {
  std::iota(pool_.begin(), pool_.end(), ExpertIndex{0});
}

void UniformDraw::draw(Random& random, Span<ExpertIndex> picks) {
  if (picks.size() * 4 <= items_) {  // repeats are rare: draw again
    for (std::size_t i = 0; i < picks.size();) {
      const auto item = static_cast<ExpertIndex>(random.below(items_));
      if (!contains(picks.data(), i, item)) picks[i++] = item;
    }
    return;
  }
  // The pool starts each draw in its natural order, so that what came before does not matter.
  for (std::size_t i = 0; i < picks.size(); ++i) {
    std::swap(pool_[i], pool_[i + random.below(items_ - i)]);
    picks[i] = pool_[i];
  }
  std::iota(pool_.begin(), pool_.end(), ExpertIndex{0});
}

AliasTable::AliasTable(Span<const double> weights) {
  const auto count = static_cast<double>(weights.size());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const bool even = !(sum > 0.0) || !std::isfinite(sum);
  std::vector<double> share;  // of an even split; those above 1 fill up those below
  for (double weight : weights) share.push_back(even ? 1.0 : weight / sum * count);
  std::vector<std::uint32_t> below;
  std::vector<std::uint32_t> above;
  for (std::uint32_t i = 0; i < share.size(); ++i) (share[i] < 1.0 ? below : above).push_back(i);
  columns_.resize(share.size());
  while (!below.empty() && !above.empty()) {
    const std::uint32_t small = below.back();
    const std::uint32_t large = above.back();
    below.pop_back();
    columns_[small] = {static_cast<std::uint32_t>(share[small] * 0x1.0p32), small, large};
    share[large] -= 1.0 - share[small];
    if (share[large] < 1.0) {
      above.pop_back();
      below.push_back(large);
    }
  }
  for (std::uint32_t i : above) columns_[i] = {~std::uint32_t{0}, i, i};
  for (std::uint32_t i : below) columns_[i] = {~std::uint32_t{0}, i, i};  // 1 but for rounding
}

WeightedDraw::WeightedDraw(std::vector<double> weights)
    : weights_(std::move(weights)), table_(Span<const double>(weights_)) {}

void WeightedDraw::draw(Random& random, Span<ExpertIndex> picks) const {
  // Drawing again after a repeat leaves the others' proportions as they are, so switching the method after
  // many repeats, which a few dominant weights cause, changes no probability.
  constexpr std::size_t kMostRepeats = 64;
  std::size_t repeats = 0;
  for (std::size_t i = 0; i < picks.size();) {
    if (repeats >= kMostRepeats) {
      picks[i] = draw_among_rest(random, Span<const ExpertIndex>(picks.data(), i));
      ++i;
      continue;
    }
    const auto item = static_cast<ExpertIndex>(table_.draw(random));
    if (contains(picks.data(), i, item)) {
      ++repeats;
    } else {
      picks[i++] = item;
    }
  }
}

ExpertIndex WeightedDraw::draw_among_rest(Random& random, Span<const ExpertIndex> taken) const {
  const auto is_left = [&](std::size_t item) {
    return !contains(taken.data(), taken.size(), static_cast<ExpertIndex>(item));
  };
  double sum = 0.0;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (is_left(i)) sum += weights_[i];
  }
  // When nothing but weightless items is left, all of them are alike.
  const bool even = !(sum > 0.0);
  double target = random.uniform() * (even ? static_cast<double>(weights_.size() - taken.size()) : sum);
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (!is_left(i) || (!even && !(weights_[i] > 0.0))) continue;
    last = i;  // rounding may leave a little of the target
    target -= even ? 1.0 : weights_[i];
    if (target < 0.0) break;
  }
  return static_cast<ExpertIndex>(last);
}

}  // namespace podsim::moe
