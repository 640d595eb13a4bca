// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/traffic.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "podsim/base/error.h"
#include "podsim/moe/eplb.h"
#include "unit/moe/traffic_support.h"

namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<DispatchMessage> messages_of(const LayerTraffic& traffic, std::size_t source) {
  std::vector<DispatchMessage> messages;
  for (const DispatchMessage& message : traffic.messages(source)) messages.push_back(message);
  return messages;
}

std::vector<std::uint32_t> sources_of(const LayerTraffic& traffic, std::size_t rank, std::size_t slot) {
  const Span<const std::uint32_t> sources = traffic.sources(rank, slot);
  return {sources.begin(), sources.end()};
}

// Two cards with two experts each; card 0 has two tokens, card 1 one.
class SmallTraffic : public ::testing::Test {
 protected:
  LayerTraffic build(Copies copies) {
    TrafficRequest request = request_of(2, std::vector<std::int64_t>{2, 1});
    request.copies = copies;
    ListedRouting routing({{0, {3, 0, 2, 3}}, {1, {3, 2}}});
    return build_traffic(request, routing, contiguous_placement(4, 2));
  }
};

TEST_F(SmallTraffic, PositionsCountBySourceThenToken) {
  const LayerTraffic traffic = build(Copies::PerExpert);
  const auto row = [&](std::uint32_t number) {
    const RowTarget target = traffic.row(number);
    return std::tuple(target.rank, target.slot, target.position);
  };
  EXPECT_EQ(row(0), std::tuple(1U, 1U, 0U));  // card 0, token 0, expert 3
  EXPECT_EQ(row(1), std::tuple(0U, 0U, 0U));
  EXPECT_EQ(row(2), std::tuple(1U, 0U, 0U));
  EXPECT_EQ(row(3), std::tuple(1U, 1U, 1U));
  EXPECT_EQ(row(4), std::tuple(1U, 1U, 2U));  // card 1, token 0, expert 3
  EXPECT_EQ(row(5), std::tuple(1U, 0U, 1U));
}

TEST_F(SmallTraffic, SlotsListTheSourcesOfTheirRows) {
  const LayerTraffic traffic = build(Copies::PerExpert);
  EXPECT_THAT(sources_of(traffic, 0, 0), ElementsAre(0));
  EXPECT_THAT(sources_of(traffic, 0, 1), ElementsAre());
  EXPECT_THAT(sources_of(traffic, 1, 0), ElementsAre(0, 1));
  EXPECT_THAT(sources_of(traffic, 1, 1), ElementsAre(0, 0, 1));
  EXPECT_EQ(traffic.rows(1, 1), 3U);
  EXPECT_EQ(traffic.rows_of(0), 1U);
  EXPECT_EQ(traffic.rows_of(1), 5U);
}

TEST_F(SmallTraffic, PerExpertSendsEachRowOnItsOwn) {
  const LayerTraffic traffic = build(Copies::PerExpert);
  EXPECT_EQ(traffic.total_messages(), 6U);
  const std::vector<DispatchMessage> messages = messages_of(traffic, 0);
  ASSERT_EQ(messages.size(), 4U);
  for (const DispatchMessage& message : messages) EXPECT_EQ(message.rows, 1U);
  EXPECT_EQ(messages[2].token, 1U);
  EXPECT_EQ(messages[1].destination, 0U);
}

TEST_F(SmallTraffic, PerCardSendsATokenOnceToACard) {
  const LayerTraffic traffic = build(Copies::PerCard);
  EXPECT_EQ(traffic.total_rows(), 6U);
  EXPECT_EQ(traffic.total_messages(), 4U);
  const std::vector<DispatchMessage> messages = messages_of(traffic, 0);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[2].destination, 1U);  // token 1 to experts 2 and 3, both on card 1
  EXPECT_EQ(messages[2].rows, 2U);
  EXPECT_EQ(messages[2].token, 1U);
  EXPECT_EQ(messages[2].first_row, 2U);
}

TEST_F(SmallTraffic, CountsWhatStaysOnItsCard) {
  const LayerTraffic traffic = build(Copies::PerCard);
  EXPECT_EQ(traffic.local_rows(), 3U);  // card 0: expert 0; card 1: experts 3 and 2
  EXPECT_EQ(traffic.local_messages(), 2U);
}

TEST_F(SmallTraffic, SummarizesLoads) {
  const LayerTraffic traffic = build(Copies::PerExpert);
  EXPECT_EQ(traffic.rank_load().largest, 5U);
  EXPECT_EQ(traffic.rank_load().smallest, 1U);
  EXPECT_DOUBLE_EQ(traffic.rank_load().mean, 3.0);
  EXPECT_DOUBLE_EQ(traffic.rank_load().imbalance(), 5.0 / 3.0);
  EXPECT_EQ(traffic.slot_load().largest, 3U);
  EXPECT_EQ(traffic.slot_load().idle, 1U);
  EXPECT_DOUBLE_EQ(traffic.slot_load().mean, 1.5);
}

// Adjacent tokens may go to one card; they are two messages all the same.
TEST(Traffic, PerCardNeverJoinsTwoTokens) {
  TrafficRequest request = request_of(1, 2);
  request.copies = Copies::PerCard;
  ListedRouting routing({{0, {1, 1}}, {1, {1, 1}}});
  EXPECT_EQ(build_traffic(request, routing, contiguous_placement(2, 2)).total_messages(), 4U);
}

TEST(Traffic, PerCardBringsScatteredRowsOfACardTogether) {
  TrafficRequest request = request_of(6, 1);
  request.copies = Copies::PerCard;
  ListedRouting routing({{0, {0, 4, 1, 8, 5, 2}}, {1, {0, 1, 2, 3, 4, 5}}, {2, {8, 7, 6, 5, 4, 3}}});
  const LayerTraffic traffic = build_traffic(request, routing, contiguous_placement(9, 3));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sent;
  for (const DispatchMessage& message : traffic.messages(0))
    sent.emplace_back(message.destination, message.rows);
  EXPECT_THAT(sent, ElementsAre(std::pair(0U, 3U), std::pair(1U, 2U), std::pair(2U, 1U)));
  std::vector<std::uint32_t> slots;
  for (std::uint32_t i = 0; i < 6; ++i) slots.push_back(traffic.row(i).slot);
  EXPECT_THAT(slots, ElementsAre(0, 1, 2, 1, 2, 2));
}

struct Case {
  const char* name;
  LayerPlacement placement;
  std::vector<std::int64_t> tokens;
  std::size_t top_k;
};

std::vector<std::int64_t> uneven_tokens(std::size_t ranks) {
  std::vector<std::int64_t> tokens;
  for (std::size_t r = 0; r < ranks; ++r) tokens.push_back(static_cast<std::int64_t>(r * 7 % 23));
  return tokens;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"several experts per rank", contiguous_placement(64, 8), uneven_tokens(8), 6});
  all.push_back({"more ranks than experts", contiguous_placement(12, 50), uneven_tokens(50), 4});
  all.push_back(
      {"strided replicas", contiguous_placement(12, 50, ReplicaOrder::Strided), uneven_tokens(50), 4});
  EplbShape shape;
  shape.replicas = 80;
  shape.gpus = 16;
  const std::vector<std::int64_t> loads = zipf_loads(64, 1.0, 3, 0);
  all.push_back({"eplb", to_placement(rebalance_layer(Span<const std::int64_t>(loads), shape), 64, 16),
                 uneven_tokens(16), 8});
  all.push_back({"a rank without experts", LayerPlacement({{0, 1, 2}, {}, {2, 3}}, 4), {5, 3, 0}, 2});
  return all;
}

// Builds every case in every way of copying and choosing replicas.
template <class Check>
void for_each_traffic(const Check& check) {
  for (const Case& c : cases()) {
    const NearestReplicas nearest(c.placement, line_distance);
    for (Copies copies : {Copies::PerExpert, Copies::PerCard}) {
      for (ReplicaChoice replica :
           {ReplicaChoice::RoundRobin, ReplicaChoice::Nearest, ReplicaChoice::Random}) {
        SCOPED_TRACE(
            fmt::format("{}, {}, {}", c.name, config::enum_name(copies), config::enum_name(replica)));
        TrafficRequest request = request_of(static_cast<std::int64_t>(c.top_k), c.tokens);
        request.copies = copies;
        request.replica = replica;
        request.nearest = &nearest;
        request.layer = 2;
        SeededRouting routing(c.placement.experts(), c.top_k);
        check(c, request, build_traffic(request, routing, c.placement));
      }
    }
  }
}

// The experts that the tokens of a rank chose, token by token, sorted.
std::vector<std::vector<ExpertIndex>> routed(const Case& c, const TrafficRequest& request, std::size_t rank) {
  std::vector<ExpertIndex> experts(static_cast<std::size_t>(c.tokens[rank]) * c.top_k);
  RoutingRequest ask;
  ask.layer = request.layer;
  ask.source = static_cast<std::int64_t>(rank);
  ask.tokens = c.tokens[rank];
  SeededRouting(c.placement.experts(), c.top_k).route(ask, Span<ExpertIndex>(experts));
  std::vector<std::vector<ExpertIndex>> tokens;
  for (auto row = experts.begin(); row != experts.end(); row += static_cast<std::ptrdiff_t>(c.top_k)) {
    tokens.emplace_back(row, row + static_cast<std::ptrdiff_t>(c.top_k));
    std::sort(tokens.back().begin(), tokens.back().end());
  }
  return tokens;
}

TEST(TrafficProperty, EveryTokenReachesEachOfItsExpertsOnce) {
  for_each_traffic([](const Case& c, const TrafficRequest& request, const LayerTraffic& traffic) {
    for (std::size_t source = 0; source < traffic.ranks(); ++source) {
      std::vector<std::vector<ExpertIndex>> reached(static_cast<std::size_t>(traffic.tokens(source)));
      for (const DispatchMessage& message : traffic.messages(source)) {
        for (std::uint32_t i = 0; i < message.rows; ++i) {
          const RowTarget target = traffic.row(message.first_row + i);
          EXPECT_EQ(target.rank, message.destination);
          reached.at(message.token).push_back(c.placement.slots(target.rank)[target.slot]);
        }
      }
      for (auto& experts : reached) std::sort(experts.begin(), experts.end());
      EXPECT_EQ(reached, routed(c, request, source));
    }
  });
}

TEST(TrafficProperty, PositionsOfASlotAreAPermutationInOrderOfSource) {
  for_each_traffic([](const Case& c, const TrafficRequest&, const LayerTraffic& traffic) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> positions;
    for (std::size_t source = 0; source < traffic.ranks(); ++source) {
      for (std::uint32_t i = traffic.first_row(source); i < traffic.first_row(source + 1); ++i) {
        const RowTarget target = traffic.row(i);
        positions[{target.rank, target.slot}].push_back(target.position);
        EXPECT_EQ(traffic.sources(target.rank, target.slot)[target.position], source);
      }
    }
    for (std::size_t rank = 0; rank < traffic.ranks(); ++rank) {
      ASSERT_EQ(traffic.slots(rank), c.placement.slots(rank).size());
      for (std::size_t slot = 0; slot < traffic.slots(rank); ++slot) {
        auto& found = positions[{static_cast<std::uint32_t>(rank), static_cast<std::uint32_t>(slot)}];
        std::sort(found.begin(), found.end());
        std::vector<std::uint32_t> expected(traffic.rows(rank, slot));
        std::iota(expected.begin(), expected.end(), 0U);
        EXPECT_EQ(found, expected);
        const std::vector<std::uint32_t> sources = sources_of(traffic, rank, slot);
        EXPECT_TRUE(std::is_sorted(sources.begin(), sources.end()));
      }
    }
  });
}

TEST(TrafficProperty, CombineReturnsWhatDispatchSent) {
  for_each_traffic([](const Case& c, const TrafficRequest&, const LayerTraffic& traffic) {
    std::vector<std::int64_t> back(traffic.ranks(), 0);
    std::uint64_t received = 0;
    for (std::size_t rank = 0; rank < traffic.ranks(); ++rank) {
      received += traffic.rows_of(rank);
      for (std::size_t slot = 0; slot < traffic.slots(rank); ++slot) {
        for (std::uint32_t source : traffic.sources(rank, slot)) ++back[source];
      }
    }
    EXPECT_EQ(received, traffic.total_rows());
    for (std::size_t source = 0; source < traffic.ranks(); ++source) {
      EXPECT_EQ(back[source], c.tokens[source] * static_cast<std::int64_t>(c.top_k));
    }
  });
}

TEST(TrafficProperty, MessagesCoverTheRowsAndGoToEachCardOncePerToken) {
  for_each_traffic([](const Case&, const TrafficRequest& request, const LayerTraffic& traffic) {
    std::uint64_t messages = 0;
    std::uint64_t local_messages = 0;
    std::uint64_t local_rows = 0;
    for (std::size_t source = 0; source < traffic.ranks(); ++source) {
      std::set<std::pair<std::uint32_t, std::uint32_t>> sent;
      std::uint32_t next = traffic.first_row(source);
      for (const DispatchMessage& message : traffic.messages(source)) {
        EXPECT_EQ(message.first_row, next);
        next += message.rows;
        ++messages;
        EXPECT_TRUE(request.copies == Copies::PerCard || message.rows == 1U);
        const bool fresh = sent.emplace(message.token, message.destination).second;
        EXPECT_TRUE(request.copies == Copies::PerExpert || fresh);
        const DispatchMessage again = traffic.message_at(source, message.first_row);
        EXPECT_EQ(again.rows, message.rows);
        EXPECT_EQ(again.token, message.token);
        if (message.destination != source) continue;
        ++local_messages;
        local_rows += message.rows;
      }
      EXPECT_EQ(next, traffic.first_row(source + 1));
    }
    EXPECT_EQ(messages, traffic.total_messages());
    EXPECT_EQ(local_messages, traffic.local_messages());
    EXPECT_EQ(local_rows, traffic.local_rows());
  });
}

TEST(TrafficProperty, PerCardMovesNoRowElsewhereAndSendsNoMore) {
  for (const Case& c : cases()) {
    TrafficRequest request = request_of(static_cast<std::int64_t>(c.top_k), 40);
    SeededRouting routing(c.placement.experts(), c.top_k);
    const LayerTraffic per_expert = build_traffic(request, routing, c.placement);
    request.copies = Copies::PerCard;
    const LayerTraffic per_card = build_traffic(request, routing, c.placement);
    EXPECT_LE(per_card.total_messages(), per_expert.total_messages()) << c.name;
    EXPECT_EQ(per_card.total_rows(), per_expert.total_rows());
    for (std::size_t rank = 0; rank < c.placement.ranks(); ++rank) {
      for (std::size_t slot = 0; slot < per_card.slots(rank); ++slot) {
        EXPECT_EQ(sources_of(per_card, rank, slot), sources_of(per_expert, rank, slot));
      }
    }
  }
}

TEST(Traffic, AsksTheRoutingOfTheCardsBehindTheRanks) {
  TrafficRequest request = request_of(1, 1);
  request.cards = {17, 4};
  ListedRouting routing({{17, {1}}, {4, {0}}});
  const LayerTraffic traffic = build_traffic(request, routing, contiguous_placement(2, 2));
  EXPECT_EQ(traffic.row(0).rank, 1U);
  EXPECT_EQ(traffic.row(1).rank, 0U);
}

TEST(Traffic, OfNoTokensIsEmpty) {
  SeededRouting routing(4, 2);
  const LayerTraffic traffic = build_traffic(request_of(2, 0), routing, contiguous_placement(4, 2));
  EXPECT_EQ(traffic.total_rows(), 0U);
  EXPECT_TRUE(messages_of(traffic, 1).empty());
  EXPECT_DOUBLE_EQ(traffic.rank_load().imbalance(), 1.0);
  EXPECT_EQ(traffic.rank_load().idle, 2U);
}

TEST(Traffic, ExpertLoadsCountTheRowsOfEachExpert) {
  ListedRouting routing({{0, {3, 0, 2, 3}}, {1, {3, 2, 1, 3}}});
  EXPECT_THAT(count_expert_loads(request_of(2, 2), routing, 2, 4), ElementsAre(1, 1, 2, 4));
}

TEST(Traffic, ExpertBeyondThePlacementIsOurBug) {
  ListedRouting routing({{0, {4}}, {1, {0}}});
  EXPECT_THROW(build_traffic(request_of(1, 1), routing, contiguous_placement(4, 2)), InternalError);
}

void expect_request_error(const TrafficRequest& request, const std::string& part) {
  SeededRouting routing(4, 2);
  try {
    build_traffic(request, routing, contiguous_placement(4, 2));
    FAIL() << "expected an error with: " << part;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(Traffic, SaysWhatIsWrongWithARequest) {
  TrafficRequest request = request_of(2, std::vector<std::int64_t>{1, 2, 3});
  expect_request_error(request, "3 token counts for an expert-parallel group of 2 ranks");
  request = request_of(2, 1);
  request.cards = {1};
  expect_request_error(request, "1 cards for an expert-parallel group of 2 ranks");
  expect_request_error(request_of(2, -1), "rank 0 has -1 tokens");
  expect_request_error(request_of(2, std::int64_t{1} << 30), "more than 4294967295 rows");
  expect_request_error(request_of(2, std::int64_t{1} << 62), "more than 4294967295 rows");
}

}  // namespace
}  // namespace podsim::moe
