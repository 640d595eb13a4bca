// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "unit/memory/support.h"

// Each timing rule of a channel at its edge, and what follows from all of them together.
namespace podsim::test {
namespace {

using memory::HbmChannel;
using memory::HbmTiming;

// A channel with one rule under test: commands come at clocks of the test's choice, answers tell when they
// went.
class Rules : public testing::Test {
 protected:
  std::int64_t read(HbmChannel& channel, std::int64_t at, std::int64_t bank, std::int64_t row) {
    return channel.access(at, row_of(t_, bank, row), 64, false);
  }
  std::int64_t write(HbmChannel& channel, std::int64_t at, std::int64_t bank, std::int64_t row) {
    return channel.access(at, row_of(t_, bank, row), 64, true);
  }
  // Times from the arrival of a request on an idle channel to the clock after its data.
  std::int64_t hit() const { return t_.cl + t_.burst; }
  std::int64_t miss() const { return t_.rcd_read + hit(); }

  HbmTiming t_ = plain_timing();
};

TEST_F(Rules, AReadOfAClosedBankTakesActivateReadAndBurst) {
  HbmChannel channel(t_, false);
  EXPECT_EQ(read(channel, 1000, 0, 0), 1000 + miss());
}

TEST_F(Rules, AnOpenRowTakesNoActivate) {
  HbmChannel channel(t_, false);
  read(channel, 1000, 0, 0);
  EXPECT_EQ(read(channel, 2000, 0, 0), 2000 + hit());
  EXPECT_EQ(channel.stats().row_hits, 1);
  EXPECT_EQ(channel.stats().row_misses, 1);
}

TEST_F(Rules, AnotherRowOfTheBankTakesAPrechargeFirst) {
  HbmChannel channel(t_, false);
  read(channel, 1000, 0, 0);
  EXPECT_EQ(read(channel, 2000, 0, 1), 2000 + t_.rp + miss());
  EXPECT_EQ(channel.stats().row_conflicts, 1);
}

TEST_F(Rules, ARowStaysOpenForTras) {
  const std::int64_t close = 1000 + t_.ras;  // tRCD + tRTP are shorter
  for (const std::int64_t early : {1, 0, -1}) {
    HbmChannel channel(t_, false);
    read(channel, 1000, 0, 0);
    EXPECT_EQ(read(channel, close - early, 0, 1), std::max(close, close - early) + t_.rp + miss());
  }
}

TEST_F(Rules, AReadHoldsItsRowForTrtp) {
  t_.ras = t_.rcd_read + t_.rtp - 5;
  const std::int64_t close = 1000 + t_.rcd_read + t_.rtp;
  for (const std::int64_t early : {1, 0, -1}) {
    HbmChannel channel(t_, false);
    read(channel, 1000, 0, 0);
    EXPECT_EQ(read(channel, close - early, 0, 1), std::max(close, close - early) + t_.rp + miss());
  }
}

TEST_F(Rules, AWriteHoldsItsRowForTwr) {
  const std::int64_t close = 1000 + t_.rcd_write + t_.wr;
  ASSERT_GT(close, 1000 + t_.ras);
  for (const std::int64_t early : {1, 0, -1}) {
    HbmChannel channel(t_, false);
    write(channel, 1000, 0, 0);
    EXPECT_EQ(read(channel, close - early, 0, 1), std::max(close, close - early) + t_.rp + miss());
  }
}

TEST_F(Rules, ActivatesKeepTrrd) {
  for (const std::int64_t early : {1, 0, -1}) {
    HbmChannel other(t_, false);  // another bank group
    read(other, 1000, 0, 0);
    EXPECT_EQ(read(other, 1000 + t_.rrd_s - early, 1, 0),
              1000 + std::max(t_.rrd_s, t_.rrd_s - early) + miss());
    HbmChannel same(t_, false);  // bank 4 is in group 0
    read(same, 1000, 0, 0);
    EXPECT_EQ(read(same, 1000 + t_.rrd_l - early, 4, 0),
              1000 + std::max(t_.rrd_l, t_.rrd_l - early) + miss());
  }
}

TEST_F(Rules, TheFifthActivateWaitsForTfaw) {
  for (const std::int64_t early : {1, 0, -1}) {
    HbmChannel channel(t_, false);
    for (std::int64_t bank = 0; bank < 4; ++bank) read(channel, 1000 + bank * t_.rrd_s, bank, 0);
    EXPECT_EQ(read(channel, 1000 + t_.faw - early, 5, 0), 1000 + std::max(t_.faw, t_.faw - early) + miss());
  }
}

TEST_F(Rules, ColumnCommandsKeepTccd) {
  t_.ccd_s = 5;
  t_.ccd_l = 7;
  HbmChannel channel(t_, false);
  for (const std::int64_t bank : {0, 1, 4}) read(channel, 1000 + bank * 100, bank, 0);
  for (const std::int64_t early : {1, 0, -1}) {
    const std::int64_t at = 10'000 - early * 1000;
    read(channel, at, 0, 0);
    EXPECT_EQ(read(channel, at + t_.ccd_s - early, 1, 0), at + std::max(t_.ccd_s, t_.ccd_s - early) + hit());
    read(channel, at + 500, 0, 0);
    EXPECT_EQ(read(channel, at + 500 + t_.ccd_l - early, 4, 0),
              at + 500 + std::max(t_.ccd_l, t_.ccd_l - early) + hit());
  }
}

TEST_F(Rules, TheBusTurnsFromReadToWriteAfterTrtw) {
  for (const std::int64_t early : {1, 0, -1}) {
    HbmChannel channel(t_, false);
    read(channel, 1000, 0, 0);
    write(channel, 2000, 1, 0);
    read(channel, 3000, 0, 0);
    const std::int64_t wait = std::max(t_.rtw, t_.rtw - early);
    EXPECT_EQ(write(channel, 3000 + t_.rtw - early, 1, 0), 3000 + wait + t_.cwl + t_.burst);
  }
}

TEST_F(Rules, TheBusTurnsFromWriteToReadAfterTwtr) {
  for (const std::int64_t early : {1, 0, -1}) {
    for (const std::int64_t bank : {1, 4}) {  // another group, the same group
      const std::int64_t wtr = bank == 1 ? t_.wtr_s : t_.wtr_l;
      HbmChannel channel(t_, false);
      read(channel, 1000, bank, 0);
      write(channel, 2000, 0, 0);
      write(channel, 3000, 0, 0);
      EXPECT_EQ(read(channel, 3000 + wtr - early, bank, 0), 3000 + std::max(wtr, wtr - early) + hit());
    }
  }
}

TEST_F(Rules, NothingGoesDuringARefresh) {
  t_.refi = 3900;
  for (const std::int64_t early : {1, 0, -1}) {
    HbmChannel channel(t_, false);
    const std::int64_t end = t_.refi + t_.rfc;
    EXPECT_EQ(read(channel, end - early, 0, 0), std::max(end, end - early) + miss());
  }
}

TEST_F(Rules, ARequestThatWouldNotFinishBeforeARefreshWaitsForIt) {
  t_.refi = 3900;
  const std::int64_t last = t_.refi - t_.ras - t_.rp;  // activated here, the bank is closed in time
  HbmChannel before(t_, false);
  EXPECT_EQ(read(before, last, 0, 0), last + miss());
  HbmChannel after(t_, false);
  EXPECT_EQ(read(after, last + 1, 0, 0), t_.refi + t_.rfc + miss());
}

TEST_F(Rules, ARefreshClosesAllRows) {
  t_.refi = 3900;
  HbmChannel channel(t_, false);
  read(channel, 1000, 0, 0);
  EXPECT_EQ(read(channel, 5000, 0, 0), 5000 + miss());
}

TEST_F(Rules, TheSchedulerSeesSoManyRequests) {
  t_.queue = 2;
  HbmChannel channel(t_, false);
  const std::int64_t first = read(channel, 1000, 0, 0);
  read(channel, 1000, 0, 1);                             // waits for its bank
  EXPECT_EQ(read(channel, 1000, 1, 0), first + miss());  // enters when the first has gone
}

TEST_F(Rules, ARequestGoesAheadOfOneThatWaitsForItsBank) {
  HbmChannel channel(t_, false);
  read(channel, 1000, 0, 0);
  const std::int64_t waiting = read(channel, 1000, 0, 1);
  EXPECT_LT(read(channel, 1000, 1, 0), waiting);
}

TEST_F(Rules, WritesGoInBatches) {
  t_.write_batch = 4;
  HbmChannel channel(t_, false);
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(write(channel, 1000 + i, i, 0), 1000 + i);
  EXPECT_EQ(channel.stats().writes, 0);
  EXPECT_GT(write(channel, 1003, 3, 0), 1003);
  EXPECT_EQ(channel.stats().writes, 4);
  write(channel, 2000, 0, 0);
  channel.flush();
  EXPECT_EQ(channel.stats().writes, 5);
}

// --- all rules together
// -------------------------------------------------------------------------------------

double streamed(const HbmTiming& timing, std::int64_t requests, std::int64_t bytes, std::int64_t stride) {
  HbmChannel channel(timing, true);
  for (std::int64_t i = 0; i < requests; ++i) channel.access(0, i * stride, bytes, false);
  return bus_share(channel);
}
double at_random(const HbmTiming& timing, std::int64_t requests, std::int64_t bytes) {
  HbmChannel channel(timing, true);
  Random draw(7, "addresses");
  for (std::int64_t i = 0; i < requests; ++i)
    channel.access(0, static_cast<std::int64_t>(draw.below(1U << 24U)) * 64, bytes, false);
  return bus_share(channel);
}

TEST(HbmBandwidth, AStreamLosesOnlyRefresh) {
  const HbmTiming timing = reference_timing();
  const double limit = 1 - static_cast<double>(timing.rfc) / static_cast<double>(timing.refi);
  const double share = streamed(timing, 1'000'000, 64, 64);
  EXPECT_LE(share, limit);
  EXPECT_GE(share, limit - 0.02);  // rows are closed before a refresh and opened after it
  EXPECT_NEAR(share, 0.93, 0.03);  // cycle-level DRAM models: 92-94 %
}

TEST(HbmBandwidth, RandomReadsAreBoundByTheFourActivateWindow) {
  HbmTiming timing = reference_timing();
  const double refresh = 1 - static_cast<double>(timing.rfc) / static_cast<double>(timing.refi);
  const auto limit = [&timing, refresh] {
    return refresh * static_cast<double>(4 * timing.burst) / static_cast<double>(timing.faw);
  };
  const double share = at_random(timing, 300'000, 64);
  EXPECT_LE(share, limit() + 0.001);
  EXPECT_GE(share, 0.9 * limit());
  EXPECT_NEAR(share, 0.28, 0.07);  // cycle-level DRAM models: 24-32 %
  timing.faw = 24;                 // a weaker window, the other end of that range
  EXPECT_LE(at_random(timing, 300'000, 64), limit() + 0.001);
  EXPECT_NEAR(at_random(timing, 300'000, 64), 0.28, 0.07);
}

TEST(HbmBandwidth, OneBankMovesABurstPerRowCycle) {
  const HbmTiming timing = plain_timing();
  HbmChannel channel(timing, false);
  constexpr std::int64_t kReads = 1000;
  for (std::int64_t i = 0; i < kReads; ++i) channel.access(0, row_of(timing, 0, i), 64, false);
  const std::int64_t cycle = timing.ras + timing.rp;
  EXPECT_EQ(channel.clock(), (kReads - 1) * cycle + timing.rcd_read + timing.cl + timing.burst);
}

TEST(HbmBandwidth, AStrideOfARowOpensARowPerBurst) {
  const HbmTiming timing = plain_timing();
  HbmChannel channel(timing, false);
  constexpr std::int64_t kReads = 4000;
  for (std::int64_t i = 0; i < kReads; ++i) channel.access(0, i * timing.row_bytes, 64, false);
  const double limit = static_cast<double>(4 * timing.burst) / static_cast<double>(timing.faw);
  EXPECT_NEAR(bus_share(channel), limit, 0.01);
}

TEST(HbmBandwidth, RefreshTakesItsShare) {
  HbmTiming timing = reference_timing();
  for (const std::int64_t rfc : {130, 260, 520}) {
    timing.rfc = rfc;
    const double limit = 1 - static_cast<double>(rfc) / static_cast<double>(timing.refi);
    EXPECT_NEAR(streamed(timing, 200'000, 64, 64), limit, 0.02);
  }
}

TEST(HbmBandwidth, TurningTheBusCostsLessInLargerBatches) {
  const auto share = [](std::int64_t batch) {
    HbmTiming timing = plain_timing();
    timing.write_batch = batch;
    HbmChannel channel(timing, false);
    for (std::int64_t i = 0; i < 64'000; ++i)
      channel.access(0, i / 2 * 64 + (i % 2) * row_of(timing, 8, 1 << 10), 64, i % 2 != 0);
    channel.flush();
    const double turn = static_cast<double>(timing.rtw + timing.wtr_s - 2 * timing.burst);
    const double data = static_cast<double>(2 * batch * timing.burst);
    EXPECT_LE(bus_share(channel), data / (data + turn) + 0.01) << batch;
    return bus_share(channel);
  };
  const double small = share(8);
  const double large = share(64);
  EXPECT_LT(small, large);
  EXPECT_GT(large, 0.8);
}

TEST(HbmBandwidth, BulkRequestsAreWorthTheirPieces) {
  const HbmTiming timing = reference_timing();
  const double pieces = streamed(timing, 640'000, 64, 64);
  for (const std::int64_t bytes : {128, 512, 2048, 4096}) {
    const double bulk = streamed(timing, 640'000 * 64 / bytes, bytes, bytes);
    EXPECT_NEAR(bulk, pieces, 0.015) << bytes;
  }
}

TEST(HbmBandwidth, ABulkRequestWithinARowEndsWithItsPieces) {
  const HbmTiming timing = plain_timing();
  HbmChannel bulk(timing, false);
  HbmChannel pieces(timing, false);
  std::int64_t last = 0;
  for (std::int64_t i = 0; i < 8; ++i) last = pieces.access(100, i * 64, 64, false);
  EXPECT_EQ(bulk.access(100, 0, 512, false), last);
  EXPECT_EQ(bulk.stats().reads, pieces.stats().reads);
}

TEST(HbmBandwidth, TheSameRequestsGiveTheSameTimes) {
  const HbmTiming timing = reference_timing();
  EXPECT_EQ(at_random(timing, 50'000, 64), at_random(timing, 50'000, 64));
}

TEST(HbmTimingRules, AMissingAnUnknownAndADoubleRuleAreErrors) {
  memory::HbmConfig config = memory_preset("hbm2_channel").hbm;
  auto missing = config;
  missing.timing.pop_back();
  EXPECT_THROW(HbmTiming{missing}, ConfigError);
  auto twice = config;
  twice.timing.push_back(twice.timing.front());
  EXPECT_THROW(HbmTiming{twice}, ConfigError);
  auto unknown = config;
  unknown.timing.front().after = memory::Command::Refresh;
  EXPECT_THROW(HbmTiming{unknown}, ConfigError);
}

}  // namespace
}  // namespace podsim::test
