// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/layer_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/toy_machine.h"

namespace podsim::npu {
namespace {

using ::testing::ElementsAre;
using Routes = std::vector<std::vector<moe::ExpertIndex>>;

std::vector<std::uint32_t> destinations(const test::ToyLayer& layer, std::size_t rank,
                                        NpuId first = NpuId(0)) {
  std::vector<SendRow> sends;
  append_sends(layer.traffic, rank, first, layer.tiling, sends);
  std::vector<std::uint32_t> cards;
  for (const SendRow& send : sends) cards.push_back(send.destination);
  return cards;
}

TEST(AppendSends, DestinationsGoRoundFromTheOwnCardOneRowEach) {
  const test::ToyLayer layer =
      test::toy_layer({{0}, {1}, {2}}, 3, Routes{{0, 0, 0}, {2, 0, 1, 1, 0, 2}, {1, 1, 1}}, 1, {16, 16, 1});
  EXPECT_THAT(destinations(layer, 1), ElementsAre(1, 2, 0, 1, 2, 0));
  EXPECT_THAT(destinations(layer, 1, NpuId(8)), ElementsAre(9, 10, 8, 9, 10, 8))
      << "a group that starts at 8";
}

TEST(AppendSends, EarlierWavesLeaveFirst) {
  const test::ToyLayer layer =
      test::toy_layer({{0, 1}, {2, 3}}, 4, Routes{{3, 1, 2, 0}, {0, 0, 0, 0}}, 1, {16, 16, 1});
  std::vector<SendRow> sends;
  append_sends(layer.traffic, 0, NpuId(0), layer.tiling, sends);
  ASSERT_EQ(sends.size(), 4U);
  EXPECT_EQ(tag_slot(sends[0].tag), 0U);
  EXPECT_EQ(tag_slot(sends[1].tag), 0U);
  EXPECT_EQ(tag_slot(sends[2].tag), 1U);
  EXPECT_EQ(tag_slot(sends[3].tag), 1U);
}

TEST(AppendSends, RowForSeveralExpertsOfACardTravelsOnceWhenSharedPerCard) {
  const test::ToyLayer layer =
      test::toy_layer({{0, 1}, {2, 3}}, 4, Routes{{2, 3}, {0, 2}}, 2, {16, 16, 2}, moe::Copies::PerCard);
  std::vector<SendRow> sends;
  append_sends(layer.traffic, 0, NpuId(0), layer.tiling, sends);
  ASSERT_EQ(sends.size(), 1U);
  EXPECT_EQ(tag_kind(sends[0].tag), TagKind::SharedRow);
  EXPECT_EQ(tag_content(sends[0].tag), 0U);
  EXPECT_THAT(destinations(layer, 1), ElementsAre(1, 0)) << "own card first";
}

TEST(Tags, KeepKindSlotAndRow) {
  const std::uint32_t tag = row_tag(77, 4095);
  EXPECT_EQ(tag_kind(tag), TagKind::Row);
  EXPECT_EQ(tag_slot(tag), 4095U);
  EXPECT_EQ(tag_content(tag) >> kTagSlotBits, 77U);
  EXPECT_EQ(tag_kind(make_tag(TagKind::Result, tag)), TagKind::Result);
  EXPECT_EQ(tag_content(make_tag(TagKind::Result, tag)), tag_content(tag));
}

}  // namespace
}  // namespace podsim::npu
