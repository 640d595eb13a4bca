// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/tile_engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "podsim/base/random.h"

namespace podsim::npu {
namespace {

using namespace literals;

struct Ended {
  TileEngine::BlockIndex block;
  Picoseconds started;
  Picoseconds time;
};

class TileEngineTest : public ::testing::Test {
 protected:
  TileBlock block(std::uint32_t tiles, Picoseconds cube, Bytes bytes = 0_B, Picoseconds vector = 0_ns,
                  Gemm gemm = Gemm::L1) const {
    TileBlock made;
    made.gemm = gemm;
    made.tiles = tiles;
    made.cube_time = cube;
    made.vector_time = vector;
    made.hbm_load = hbm_.load_of(bytes);
    return made;
  }
  void begin(TileEngine& engine, const std::vector<TileBlock>& blocks) { engine.begin(blocks); }
  static std::vector<Ended> run(TileEngine& engine, Picoseconds until = Picoseconds::max()) {
    std::vector<Ended> ended;
    while (const auto finished = engine.advance(until))
      ended.push_back({finished->block, finished->started, finished->time});
    return ended;
  }

  HbmServer hbm_{1_GBps};
};

TEST_F(TileEngineTest, TilesAreDealtRoundRobinToTheCores) {
  TileEngine engine(2, hbm_);
  begin(engine, {block(3, 10_ns)});
  engine.set_ready(0, 5_ns);
  const auto ended = run(engine);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started, 5_ns);
  EXPECT_EQ(ended[0].time, 25_ns) << "two rounds on two cores";
  EXPECT_EQ(engine.usage().busy[0], 30_ns);
  EXPECT_EQ(engine.usage().active[0], 20_ns);
}

TEST_F(TileEngineTest, PipesFillOnACoreThatDidNothingBefore) {
  TileEngine engine(1, hbm_);
  TileBlock filling = block(2, 10_ns);
  filling.fill = 3_ns;
  begin(engine, {filling, filling});
  engine.set_ready(0, 0_ns);
  engine.set_ready(1, 40_ns);
  const auto ended = run(engine);
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].time, 23_ns) << "once for two tiles";
  EXPECT_EQ(ended[1].time, 63_ns) << "again after a wait";
}

TEST_F(TileEngineTest, CoresMayStartOneAfterTheOther) {
  TileEngine engine(3, hbm_);
  const std::vector<TileBlock> blocks{block(3, 10_ns)};
  engine.begin(blocks, 4_ns);
  engine.set_ready(0, 0_ns);
  const auto ended = run(engine);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].time, 18_ns);
}

TEST_F(TileEngineTest, CoreWorksThroughItsTilesInOrderAndWaitsForABlockThatIsNotReady) {
  TileEngine engine(2, hbm_);
  begin(engine, {block(2, 10_ns), block(2, 10_ns)});
  engine.set_ready(1, 0_ns);
  EXPECT_TRUE(run(engine, 100_ns).empty()) << "both cores stand before block 0";
  engine.set_ready(0, 100_ns);
  const auto ended = run(engine);
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].time, 110_ns);
  EXPECT_EQ(ended[1].time, 120_ns);
}

TEST_F(TileEngineTest, CoreWithoutATileInTheMissingBlockGoesOn) {
  TileEngine engine(2, hbm_);
  begin(engine, {block(1, 10_ns), block(1, 10_ns)});  // one tile for each core
  engine.set_ready(1, 0_ns);
  const auto ended = run(engine, 50_ns);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].block, 1U);
  EXPECT_EQ(ended[0].time, 10_ns);
  EXPECT_EQ(engine.first_unfinished(), 0U);
}

TEST_F(TileEngineTest, TileEndsWhenBothItsProductsAndItsBytesAreDone) {
  TileEngine engine(2, hbm_);
  begin(engine, {block(2, 10_ns, 8_B)});  // 8 ns of memory each, one after the other
  engine.set_ready(0, 0_ns);
  EXPECT_EQ(run(engine)[0].time, 16_ns) << "the second tile waits for the first one's bytes";
}

TEST_F(TileEngineTest, TilesAskForMemoryWhenTheyStartNotBefore) {
  TileEngine engine(1, hbm_);
  begin(engine, {block(2, 10_ns, 4_B)});
  engine.set_ready(0, 0_ns);
  run(engine, 9_ns);
  EXPECT_EQ(hbm_.bytes(), 4_B);
  EXPECT_EQ(engine.next_start(), 10_ns);
  EXPECT_EQ(hbm_.serve(9_ns, 5_B), 14_ns) << "not behind the second tile, which has not started";
  EXPECT_EQ(run(engine)[0].time, 20_ns);
}

TEST_F(TileEngineTest, EpilogueRunsBesideTheNextTileAndHoldsUpTheOneAfterThat) {
  TileEngine engine(1, hbm_);
  begin(engine, {block(3, 10_ns, 0_B, 15_ns)});
  engine.set_ready(0, 0_ns);
  // cube 0-10, 10-20, then its accumulator is free at 25: 25-35; epilogues 10-25, 25-40, 40-55.
  EXPECT_EQ(run(engine)[0].time, 55_ns);
  EXPECT_EQ(engine.usage().vector, 45_ns);
}

TEST_F(TileEngineTest, BlockIsReportedWhenItsLastTileHasStarted) {
  TileEngine engine(1, hbm_);
  begin(engine, {block(2, 10_ns)});
  engine.set_ready(0, 0_ns);
  EXPECT_TRUE(run(engine, 9_ns).empty());
  EXPECT_EQ(run(engine, 10_ns).size(), 1U);
}

// Random layers: the bound says when to look, never later than a block is known to end.
TEST_F(TileEngineTest, BoundIsNeverAfterTheStartOfABlocksLastTile) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed, "tile engine test");
    HbmServer hbm(1_GBps);
    TileEngine engine(1 + random.below(6), hbm);
    std::vector<TileBlock> blocks;
    for (std::uint64_t i = 0; i < 1 + random.below(8); ++i) {
      blocks.push_back(block(static_cast<std::uint32_t>(1 + random.below(9)),
                             Picoseconds(static_cast<std::int64_t>(1 + random.below(20))),
                             Bytes(static_cast<std::int64_t>(random.below(3)))));
    }
    begin(engine, blocks);
    std::vector<std::size_t> order(blocks.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    random.shuffle(order);
    Picoseconds now;
    std::size_t ended = 0;
    for (const std::size_t next : order) {
      now += Picoseconds(static_cast<std::int64_t>(random.below(30)));
      ended += run(engine, now).size();
      engine.set_ready(static_cast<TileEngine::BlockIndex>(next), now);
    }
    while (ended < blocks.size()) {
      const Picoseconds bound = engine.next_finish_bound();
      ASSERT_NE(bound, TileEngine::kNever) << "seed " << seed;
      ASSERT_TRUE(run(engine, bound - 1_ps).empty()) << "seed " << seed << ": a block ends before the bound";
      ended += run(engine, bound).size();
    }
    EXPECT_EQ(engine.unfinished_blocks(), 0U);
  }
}

TEST_F(TileEngineTest, DoublingRatesHalvesEveryTime) {
  const auto end_of = [](std::int64_t scale) {
    HbmServer hbm(scale == 1 ? 2_GBps : 1_GBps);
    TileEngine engine(3, hbm);
    std::vector<TileBlock> blocks;
    for (std::int64_t i = 1; i < 6; ++i) {
      TileBlock made;
      made.tiles = static_cast<std::uint32_t>(i + 2);
      made.cube_time = Picoseconds(1000 * i * scale);
      made.vector_time = Picoseconds(500 * scale);
      made.hbm_load = hbm.load_of(Bytes(2 * i));
      blocks.push_back(made);
    }
    engine.begin(blocks);
    for (std::uint32_t i = 0; i < blocks.size(); ++i) engine.set_ready(i, Picoseconds(700 * scale));
    return run(engine).back().time;
  };
  EXPECT_EQ(end_of(2), end_of(1) * 2);
}

}  // namespace
}  // namespace podsim::npu
