// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/collective_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "podsim/base/error.h"
#include "support/collective_ledger.h"

namespace podsim::npu {
namespace {

using namespace literals;
using Operation = CollectiveOperation;
using Algorithm = CollectiveAlgorithm;

constexpr Operation kOperations[] = {Operation::AllToAll, Operation::AllGather, Operation::ReduceScatter,
                                     Operation::AllReduce};

CollectiveShape shape_of(Operation operation, Algorithm algorithm, std::uint32_t ranks, Bytes bytes) {
  CollectiveShape shape;
  shape.operation = operation;
  shape.algorithm = algorithm;
  shape.ranks = ranks;
  shape.bytes = bytes;
  return shape;
}

std::string words(const CollectiveShape& shape) {
  return fmt::format("{} by {} ({}), {} ranks, groups of {}, {}", config::enum_name(shape.operation),
                     config::enum_name(shape.algorithm), config::enum_name(shape.across), shape.ranks,
                     shape.group, to_string(shape.bytes));
}

// Every algorithm for `ranks`, every way to group them.
std::vector<CollectiveShape> shapes(Operation operation, std::uint32_t ranks, Bytes bytes) {
  std::vector<CollectiveShape> all;
  const bool rows = operation == Operation::AllToAll;
  for (const Algorithm algorithm : {Algorithm::Mesh, Algorithm::Ring, Algorithm::HalvingDoubling}) {
    if (rows && algorithm == Algorithm::HalvingDoubling) continue;
    all.push_back(shape_of(operation, algorithm, ranks, bytes));
    for (std::uint32_t group = 1; group <= ranks; ++group) {
      if (ranks % group != 0) continue;
      all.push_back(shape_of(operation, Algorithm::Hierarchical, ranks, bytes));
      all.back().group = group;
      all.back().across = algorithm;
    }
  }
  return all;
}

class EveryCollective : public testing::TestWithParam<std::uint32_t> {};

// With fewer bytes than ranks, as many, and a number that no rank count divides.
TEST_P(EveryCollective, GivesEveryRankEveryContributionOnceInAnyOrder) {
  const std::uint32_t ranks = GetParam();
  for (const Operation operation : kOperations) {
    for (const Bytes bytes : {3_B, Bytes(ranks), 1009_B}) {
      for (const CollectiveShape& shape : shapes(operation, ranks, bytes)) {
        const CollectivePlan plan(shape);
        for (std::uint64_t seed = 0; seed < 3; ++seed) {
          test::CollectiveLedger ledger(plan);
          ASSERT_TRUE(ledger.run(seed)) << words(shape) << ", seed " << seed;
          ASSERT_TRUE(ledger.is_right()) << words(shape) << ", seed " << seed;
        }
      }
    }
  }
}

TEST_P(EveryCollective, ReceivesAreTheSendsOfTheOthers) {
  const std::uint32_t ranks = GetParam();
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::int64_t>;  // step, from, to, bytes
  for (const Operation operation : kOperations) {
    for (const CollectiveShape& shape : shapes(operation, ranks, 1009_B)) {
      const CollectivePlan plan(shape);
      std::vector<Key> sent;
      std::vector<Key> received;
      for (std::uint32_t step = 0; step < plan.steps(); ++step) {
        for (std::uint32_t rank = 0; rank < ranks; ++rank) {
          const CollectiveStep now = plan.step(rank, step);
          EXPECT_EQ(now.reduce, plan.reduces(step));
          for (const auto& one : now.sends) sent.emplace_back(step, rank, one.peer, one.bytes.count());
          for (const auto& one : now.receives) received.emplace_back(step, one.peer, rank, one.bytes.count());
        }
      }
      std::sort(sent.begin(), sent.end());
      std::sort(received.begin(), received.end());
      ASSERT_EQ(sent, received) << words(shape);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, EveryCollective, testing::Range(2U, 18U));

Bytes moved(const CollectiveShape& shape) {
  const CollectivePlan plan(shape);
  test::CollectiveLedger ledger(plan);
  EXPECT_TRUE(ledger.run(1));
  return ledger.moved();
}

TEST(CollectivePlan, MovesTheBytesOfTheTextbook) {
  const Bytes bytes = 8 * 1000_B;
  for (const Algorithm algorithm : {Algorithm::Mesh, Algorithm::Ring, Algorithm::HalvingDoubling}) {
    EXPECT_EQ(moved(shape_of(Operation::AllReduce, algorithm, 8, bytes)), 2 * 7 * bytes);
    EXPECT_EQ(moved(shape_of(Operation::AllGather, algorithm, 8, bytes)), 7 * bytes);
    EXPECT_EQ(moved(shape_of(Operation::ReduceScatter, algorithm, 8, bytes)), 7 * bytes);
  }
  EXPECT_EQ(moved(shape_of(Operation::AllToAll, Algorithm::Mesh, 8, bytes)), 7 * bytes);
  // Row to the d-th next rank: d links, 1 + 2 + ... + 7.
  EXPECT_EQ(moved(shape_of(Operation::AllToAll, Algorithm::Ring, 8, bytes)), 28 * bytes);
}

TEST(CollectivePlan, TakesTheStepsOfTheTextbook) {
  const auto steps = [](Operation operation, Algorithm algorithm, std::uint32_t ranks) {
    return CollectivePlan(shape_of(operation, algorithm, ranks, 64_KiB)).steps();
  };
  EXPECT_EQ(steps(Operation::AllReduce, Algorithm::Mesh, 8), 2U);
  EXPECT_EQ(steps(Operation::AllReduce, Algorithm::Ring, 8), 14U);
  EXPECT_EQ(steps(Operation::AllReduce, Algorithm::HalvingDoubling, 8), 6U);
  EXPECT_EQ(steps(Operation::AllReduce, Algorithm::HalvingDoubling, 9), 8U);
  EXPECT_EQ(steps(Operation::AllGather, Algorithm::Ring, 5), 4U);
  EXPECT_EQ(steps(Operation::AllReduce, Algorithm::Mesh, 1), 0U);
  EXPECT_EQ(steps(Operation::AllReduce, Algorithm::HalvingDoubling, 1), 0U);
}

TEST(CollectivePlan, SumsInsideGroupsBeforeTheyGoAcross) {
  CollectiveShape shape = shape_of(Operation::AllReduce, Algorithm::Hierarchical, 8, 8000_B);
  shape.group = 4;
  shape.across = Algorithm::Ring;
  const CollectivePlan plan(shape);
  ASSERT_EQ(plan.steps(), 4U);
  for (const auto& one : plan.step(5, 0).sends) {
    EXPECT_EQ(one.peer / 4, 1U);
    EXPECT_EQ(one.bytes, 2000_B);
  }
  ASSERT_EQ(plan.step(5, 1).sends.size(), 1U);
  EXPECT_EQ(plan.step(5, 1).sends[0].peer, 1U);
  EXPECT_EQ(plan.step(5, 1).sends[0].bytes, 1000_B);
}

TEST(CollectivePlan, CutsBetweenElements) {
  CollectiveShape shape = shape_of(Operation::AllGather, Algorithm::Mesh, 7, 1000_B);
  shape.granule = 4_B;
  const CollectivePlan plan(shape);
  Bytes sum;
  for (std::uint64_t chunk = 0; chunk < plan.chunks(); ++chunk) {
    EXPECT_EQ(plan.chunk_bytes(chunk).count() % 4, 0);
    EXPECT_NEAR(static_cast<double>(plan.chunk_bytes(chunk).count()), 1000.0 / 7, 4.0);
    sum += plan.chunk_bytes(chunk);
  }
  EXPECT_EQ(sum, 1000_B);
}

TEST(CollectivePlan, RefusesWhatDoesNotFit) {
  CollectiveShape shape = shape_of(Operation::AllReduce, Algorithm::Hierarchical, 10, 1_KiB);
  shape.group = 4;
  EXPECT_THROW(CollectivePlan{shape}, ConfigError);
  shape.group = 5;
  shape.across = Algorithm::Hierarchical;
  EXPECT_THROW(CollectivePlan{shape}, ConfigError);
  EXPECT_THROW(CollectivePlan{shape_of(Operation::AllToAll, Algorithm::HalvingDoubling, 8, 1_KiB)},
               ConfigError);
}

// Checks the checker: a plan whose ranks forget one contribution is noticed.
TEST(CollectiveLedger, NoticesAMissingContribution) {
  const CollectivePlan plan(shape_of(Operation::ReduceScatter, Algorithm::Mesh, 4, 64_B));
  test::CollectiveLedger ledger(plan);
  EXPECT_FALSE(ledger.is_right());
  EXPECT_TRUE(ledger.run(7));
  EXPECT_TRUE(ledger.is_right());
}

}  // namespace
}  // namespace podsim::npu
