// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/traffic.h"

#include <algorithm>
#include <limits>

#include "podsim/base/error.h"
#include "podsim/base/random.h"

namespace podsim::moe {
namespace {

constexpr std::int64_t kMostRows = std::numeric_limits<std::uint32_t>::max();  // they are numbered in 32 bits

void check_per_rank(std::size_t size, std::size_t ranks, const char* what) {
  if (size == 0 || size == ranks) return;
  throw ConfigError(fmt::format("{} {} for an expert-parallel group of {} ranks", size, what, ranks));
}

// Asks the routing for the experts of one rank: [tokens, top_k].
Span<const ExpertIndex> route(const TrafficRequest& request, RoutingSource& routing, std::size_t rank,
                              std::size_t experts, std::vector<ExpertIndex>& buffer) {
  RoutingRequest ask;
  ask.step = request.step;
  ask.layer = request.layer;
  ask.source = request.cards.empty() ? static_cast<std::int64_t>(rank) : request.cards[rank];
  ask.tokens = request.tokens_of(rank);
  buffer.resize(static_cast<std::size_t>(ask.tokens * request.top_k));
  routing.route(ask, Span<ExpertIndex>(buffer));
  for (ExpertIndex expert : buffer) {
    PODSIM_CHECK(expert < experts, "layer {}: routed to expert {} of {}", request.layer, expert, experts);
  }
  return Span<const ExpertIndex>(buffer);
}

// Chooses copies in turn, one row after the other through all sources.
class RoundRobinChoice {
 public:
  explicit RoundRobinChoice(std::size_t experts) : next_(experts, 0) {}
  void begin_source(std::uint32_t) {}
  std::uint32_t operator()(ExpertIndex expert, std::uint32_t copies) {
    const std::uint32_t chosen = next_[expert];
    next_[expert] = chosen + 1 == copies ? 0 : chosen + 1;
    return chosen;
  }

 private:
  std::vector<std::uint32_t> next_;
};

// A stream of its own for every source, step and layer: rows of other sources change nothing.
class RandomChoice {
 public:
  explicit RandomChoice(const TrafficRequest& request) : request_(request), random_(0, "") {}
  void begin_source(std::uint32_t rank) {
    const std::uint64_t card = request_.cards.empty() ? rank : request_.cards[rank];
    const std::uint64_t when =
        mix64(static_cast<std::uint64_t>(request_.step)) + static_cast<std::uint64_t>(request_.layer);
    random_ = Random(request_.seed, "moe.replica", card, when);
  }
  std::uint32_t operator()(ExpertIndex, std::uint32_t copies) {
    return static_cast<std::uint32_t>(random_.below(copies));
  }

 private:
  const TrafficRequest& request_;
  Random random_;
};

class NearestChoice {
 public:
  explicit NearestChoice(const NearestReplicas& nearest) : nearest_(nearest) {}
  void begin_source(std::uint32_t rank) { source_ = rank; }
  std::uint32_t operator()(ExpertIndex expert, std::uint32_t) const { return nearest_.of(source_, expert); }

 private:
  const NearestReplicas& nearest_;
  std::uint32_t source_ = 0;
};

LoadSummary summarize(const std::vector<std::uint64_t>& loads) {
  LoadSummary summary;
  if (loads.empty()) return summary;
  summary.smallest = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t total = 0;
  for (std::uint64_t load : loads) {
    summary.largest = std::max(summary.largest, load);
    summary.smallest = std::min(summary.smallest, load);
    summary.idle += load == 0 ? 1 : 0;
    total += load;
  }
  summary.mean = static_cast<double>(total) / static_cast<double>(loads.size());
  return summary;
}

}  // namespace

std::int64_t TrafficRequest::tokens_of(std::size_t rank) const {
  return tokens_per_rank.empty() ? tokens : tokens_per_rank[rank];
}

LayerTraffic::LayerTraffic(const TrafficRequest& request, const LayerPlacement& placement)
    : top_k_(request.top_k), copies_(request.copies) {
  const std::size_t ranks = placement.ranks();
  check_per_rank(request.tokens_per_rank.size(), ranks, "token counts");
  check_per_rank(request.cards.size(), ranks, "cards");
  PODSIM_CHECK(top_k_ >= 1, "top-{} routing", top_k_);
  first_slot_.assign(1, 0);
  first_row_.assign(1, 0);
  std::uint64_t rows = 0;
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    rank_of_slot_.insert(rank_of_slot_.end(), placement.slots(rank).size(), rank);
    first_slot_.push_back(static_cast<std::uint32_t>(rank_of_slot_.size()));
    const std::int64_t tokens = request.tokens_of(rank);
    if (tokens < 0) throw ConfigError(fmt::format("rank {} has {} tokens, expected 0 or more", rank, tokens));
    const bool countable = tokens <= kMostRows / top_k_;
    if (countable) rows += static_cast<std::uint64_t>(tokens * top_k_);
    if (!countable || rows > static_cast<std::uint64_t>(kMostRows)) {
      throw ConfigError(fmt::format("more than {} rows in one layer of {} ranks", kMostRows, ranks));
    }
    first_row_.push_back(static_cast<std::uint32_t>(rows));
  }
  rows_.resize(rows);
  sources_.resize(rows);
}

DispatchMessage LayerTraffic::message_at(std::size_t source, std::uint32_t number) const {
  const auto k = static_cast<std::uint32_t>(top_k_);
  const std::uint32_t token = (number - first_row_[source]) / k;
  const std::uint32_t rank = rank_of_slot_[rows_[number].slot];
  std::uint32_t end = number + 1;
  if (copies_ == Copies::PerCard) {
    const std::uint32_t end_of_token = first_row_[source] + (token + 1) * k;
    while (end < end_of_token && rank_of_slot_[rows_[end].slot] == rank) ++end;
  }
  return {rank, token, number, end - number};
}

LayerTraffic::MessageRange LayerTraffic::messages(std::size_t source) const {
  return {MessageIterator(*this, source, first_row_[source]),
          MessageIterator(*this, source, first_row_[source + 1])};
}

LoadSummary LayerTraffic::rank_load() const {
  std::vector<std::uint64_t> loads;
  for (std::size_t rank = 0; rank < ranks(); ++rank) loads.push_back(rows_of(rank));
  return summarize(loads);
}

LoadSummary LayerTraffic::slot_load() const {
  std::vector<std::uint64_t> loads;
  for (std::size_t s = 0; s + 1 < first_position_.size(); ++s) {
    loads.push_back(first_position_[s + 1] - first_position_[s]);
  }
  return summarize(loads);
}

// Fills a LayerTraffic. Sources are visited in order, so counting the rows of each slot numbers their
// positions by source rank, then token.
class TrafficBuilder {
 public:
  TrafficBuilder(const TrafficRequest& request, RoutingSource& routing, const LayerPlacement& placement)
      : request_(request), routing_(routing), traffic_(request, placement), experts_(placement.experts()) {
    for (std::size_t expert = 0; expert < experts_; ++expert) {
      first_copy_.push_back(static_cast<std::uint32_t>(slot_of_copy_.size()));
      for (const Replica& copy : placement.replicas(static_cast<ExpertIndex>(expert))) {
        slot_of_copy_.push_back(traffic_.first_slot_[copy.rank] + copy.slot);
      }
    }
    first_copy_.push_back(static_cast<std::uint32_t>(slot_of_copy_.size()));
  }

  template <class Choice>
  LayerTraffic build(Choice choice) {
    std::vector<std::uint32_t> filled(traffic_.rank_of_slot_.size(), 0);  // rows of each slot so far
    std::vector<ExpertIndex> buffer;
    for (std::uint32_t source = 0; source < traffic_.ranks(); ++source) {
      choice.begin_source(source);
      LayerTraffic::Row* row = traffic_.rows_.data() + traffic_.first_row_[source];
      for (ExpertIndex expert : route(request_, routing_, source, experts_, buffer)) {
        const std::uint32_t first = first_copy_[expert];
        const std::uint32_t copies = first_copy_[expert + 1U] - first;
        const std::uint32_t slot = slot_of_copy_[first + (copies == 1 ? 0 : choice(expert, copies))];
        *row++ = {slot, filled[slot]++};
      }
      if (request_.copies == Copies::PerCard) group_by_card(source);
      count_messages(source);
    }
    list_sources(filled);
    return std::move(traffic_);
  }

 private:
  // Brings the rows of a token that go to one card together, cards in the order of their first row.
  void group_by_card(std::size_t source) {
    const auto k = static_cast<std::uint32_t>(request_.top_k);
    for (std::uint32_t first = traffic_.first_row_[source]; first < traffic_.first_row_[source + 1];
         first += k) {
      LayerTraffic::Row* const token = traffic_.rows_.data() + first;
      for (std::uint32_t done = 1, start = 0; done < k; ++done) {
        if (rank_of(token[done]) == rank_of(token[start])) continue;
        // token[start..done) is one card's; fetch the rest of it from behind.
        for (std::uint32_t i = done + 1; i < k; ++i) {
          if (rank_of(token[i]) != rank_of(token[start])) continue;
          std::rotate(token + done, token + i, token + i + 1);
          ++done;
        }
        start = done;
      }
    }
  }

  void count_messages(std::uint32_t source) {
    for (const DispatchMessage& message : traffic_.messages(source)) {
      ++traffic_.total_messages_;
      if (message.destination != source) continue;
      ++traffic_.local_messages_;
      traffic_.local_rows_ += message.rows;
    }
  }

  void list_sources(const std::vector<std::uint32_t>& filled) {
    traffic_.first_position_.assign(1, 0);
    for (std::uint32_t rows : filled)
      traffic_.first_position_.push_back(traffic_.first_position_.back() + rows);
    for (std::uint32_t source = 0; source < traffic_.ranks(); ++source) {
      for (std::uint32_t i = traffic_.first_row_[source]; i < traffic_.first_row_[source + 1]; ++i) {
        const LayerTraffic::Row& row = traffic_.rows_[i];
        traffic_.sources_[traffic_.first_position_[row.slot] + row.position] = source;
      }
    }
  }

  std::uint32_t rank_of(const LayerTraffic::Row& row) const { return traffic_.rank_of_slot_[row.slot]; }

  const TrafficRequest& request_;
  RoutingSource& routing_;
  LayerTraffic traffic_;
  std::size_t experts_;
  std::vector<std::uint32_t> first_copy_;    // [experts + 1] into slot_of_copy_
  std::vector<std::uint32_t> slot_of_copy_;  // slots numbered through all ranks, in the order of replicas()
};

LayerTraffic build_traffic(const TrafficRequest& request, RoutingSource& routing,
                           const LayerPlacement& placement) {
  TrafficBuilder builder(request, routing, placement);
  if (request.replica == ReplicaChoice::Random) return builder.build(RandomChoice(request));
  const bool no_choice = placement.total_slots() == placement.experts();
  if (request.replica == ReplicaChoice::RoundRobin || no_choice) {
    return builder.build(RoundRobinChoice(placement.experts()));
  }
  PODSIM_CHECK(request.nearest != nullptr, "nearest replicas are chosen without distances");
  PODSIM_CHECK(request.nearest->fits(placement), "nearest replicas are those of another placement");
  return builder.build(NearestChoice(*request.nearest));
}

std::vector<std::int64_t> count_expert_loads(const TrafficRequest& request, RoutingSource& routing,
                                             std::size_t ranks, std::size_t experts) {
  check_per_rank(request.tokens_per_rank.size(), ranks, "token counts");
  check_per_rank(request.cards.size(), ranks, "cards");
  std::vector<std::int64_t> loads(experts, 0);
  std::vector<ExpertIndex> buffer;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    for (ExpertIndex expert : route(request, routing, rank, experts, buffer)) ++loads[expert];
  }
  return loads;
}

}  // namespace podsim::moe
