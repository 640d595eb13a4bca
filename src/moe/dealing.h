// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "podsim/base/random.h"
#include "podsim/base/span.h"
#include "podsim/moe/routing.h"

namespace podsim::moe {

// Whole numbers close to loads * total / sum(loads) with the sum `total`: rounded down, then one more for
// those that lost most, ties in the order of `tie_order` (a permutation of the experts). None exceeds `most`;
// throws ConfigError that begins with `place` when the loads ask for more than that, or are all zero.
std::vector<std::int64_t> apportion(Span<const double> loads, std::int64_t total, std::int64_t most,
                                    Span<const ExpertIndex> tie_order, const std::string& place);

std::vector<ExpertIndex> shuffled_experts(std::size_t experts, Random& random);
// A random order of which every beginning covers the ranks evenly, when rank r of `ranks` holds the r-th part
// of the experts.
std::vector<ExpertIndex> spread_experts(std::size_t experts, std::size_t ranks, Random& random);

// Deals given numbers of routes to the tokens of a group of ranks, so that the numbers come out exactly, no
// token has an expert twice, and which tokens share experts is random. Each rank's rows are found without the
// others'.
class Dealer {
 public:
  // `counts` [experts]: routes of each expert, each at most ranks * tokens, ranks * tokens * top_k in sum.
  Dealer(std::vector<std::int64_t> counts, std::int64_t ranks, std::int64_t tokens, std::int64_t top_k,
         Random& random);

  // The rows of `rank`; when `experts` has room for fewer than its tokens, so many of them.
  void deal(std::int64_t rank, Random random, Span<ExpertIndex> experts);

 private:
  struct Holding {
    ExpertIndex expert;
    std::uint32_t routes;
  };

  std::int64_t ranks_;
  std::int64_t tokens_;
  std::int64_t top_k_;
  std::vector<ExpertIndex> order_;        // of the experts along the slots
  std::vector<std::int64_t> first_slot_;  // of each in that order, and the end
  std::vector<Holding> hand_;             // of the rank being dealt
  std::vector<std::uint32_t> row_order_;
};

}  // namespace podsim::moe
