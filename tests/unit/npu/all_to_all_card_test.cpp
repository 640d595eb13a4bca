// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/all_to_all_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace podsim::npu {
namespace {

using namespace literals;
using ::testing::ElementsAre;

std::vector<std::uint32_t> destinations(std::uint32_t card, bool rotated) {
  AllToAllCard sender(NpuId(card), {4, 100_B, rotated}, 1_GBps);
  std::vector<std::uint32_t> cards;
  fabric::Message message;
  while (sender.next_message(0_ns, message)) cards.push_back(message.destination.value());
  return cards;
}

TEST(AllToAllCard, RotatedOrderStartsBehindTheOwnCard) {
  EXPECT_THAT(destinations(0, true), ElementsAre(1, 2, 3));
  EXPECT_THAT(destinations(2, true), ElementsAre(3, 0, 1));
}

TEST(AllToAllCard, AscendingOrderSkipsTheOwnCard) {
  EXPECT_THAT(destinations(0, false), ElementsAre(1, 2, 3));
  EXPECT_THAT(destinations(2, false), ElementsAre(0, 1, 3));
}

TEST(AllToAllCard, IsDoneWhenTheLastRowIsInMemory) {
  AllToAllCard card(NpuId(0), {3, 100_B, true}, 1_GBps);
  card.message_arrived({NpuId(1), 0, 100_B, 50_ns});
  EXPECT_FALSE(card.done());
  EXPECT_EQ(card.waiting_for(), "1 of 2 rows");
  card.message_arrived({NpuId(2), 0, 100_B, 60_ns});
  EXPECT_TRUE(card.done());
  EXPECT_EQ(card.done_at(), 250_ns) << "both rows are written one after the other";
}

}  // namespace
}  // namespace podsim::npu
