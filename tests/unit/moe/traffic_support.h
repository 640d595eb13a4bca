// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "podsim/base/random.h"
#include "podsim/moe/traffic.h"

namespace podsim::moe {

// What each card's tokens choose, written down.
class ListedRouting : public RoutingSource {
 public:
  explicit ListedRouting(std::map<std::int64_t, std::vector<ExpertIndex>> experts)
      : experts_(std::move(experts)) {}
  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    if (request.tokens == 0) return;
    const std::vector<ExpertIndex>& listed = experts_.at(request.source);
    ASSERT_EQ(listed.size(), experts.size());
    std::copy(listed.begin(), listed.end(), experts.begin());
  }

 private:
  std::map<std::int64_t, std::vector<ExpertIndex>> experts_;
};

// Independent experts without repeats.
class SeededRouting : public RoutingSource {
 public:
  SeededRouting(std::size_t experts, std::size_t top_k) : experts_(experts), top_k_(top_k) {}
  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    Random random(static_cast<std::uint64_t>(request.layer), "test.routing",
                  static_cast<std::uint64_t>(request.source));
    std::vector<ExpertIndex> all(experts_);
    std::iota(all.begin(), all.end(), ExpertIndex{0});
    for (std::size_t i = 0; i < experts.size(); i += top_k_) {
      random.shuffle(all);
      for (std::size_t j = 0; j < top_k_; ++j) experts[i + j] = all[j];
    }
  }

 private:
  std::size_t experts_;
  std::size_t top_k_;
};

inline TrafficRequest request_of(std::int64_t top_k, std::int64_t tokens) {
  TrafficRequest request;
  request.top_k = top_k;
  request.tokens = tokens;
  return request;
}

// Each rank with tokens of its own number.
inline TrafficRequest request_of(std::int64_t top_k, std::vector<std::int64_t> tokens_per_rank) {
  TrafficRequest request;
  request.top_k = top_k;
  request.tokens_per_rank = std::move(tokens_per_rank);
  return request;
}

inline std::uint32_t line_distance(std::uint32_t a, std::uint32_t b) {
  return a < b ? b - a : a - b;
}

}  // namespace podsim::moe
