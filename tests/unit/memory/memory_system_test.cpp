// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/memory/memory_system.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "memory/calendar.h"
#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "unit/memory/support.h"

// The memory of a die through its port, on a small L2 with round times: clock 1 GHz, 16 sets of 4 ways.
namespace podsim::test {
namespace {

using namespace literals;
using memory::MemoryConfig;
using memory::MemorySystem;
using sim::MemoryTransfer;
using Hint = MemoryTransfer::Hint;

MemoryConfig small() {
  MemoryConfig config = memory_preset("hbm2_channel");
  config.l2.capacity.value = 32_KiB;
  config.l2.ways.value = 4;
  config.l2.slices.value = 4;
  config.l2.hash.value = false;
  config.l2.request_slot.value = 4_cycles;
  config.l2.slice_bytes.value = 512_B;
  config.l2.bank_bytes.value = 43_B;  // a line in 12 cycles
  config.l2.hit_latency.value = 100_cycles;
  config.l2.miss_latency.value = 50_ns;
  config.l2.outstanding.value = 8;
  config.l2.fetch.value = 128_B;
  return config;
}

MemoryTransfer block(std::uint64_t address, std::uint64_t bytes, bool write = false) {
  MemoryTransfer made;
  made.address = address;
  made.row_bytes = bytes;
  made.write = write;
  return made;
}

constexpr std::int64_t kDramMiss = 14 + 14 + 14 + 2;  // tRCD, tCL and 8 bursts of 2 clocks
const Picoseconds kHit = 100_ns;
// Queues are exact from the beginning of a window of the slices' calendars.
const Picoseconds kStart(300 * memory::Calendar::kWindow);

TEST(MemorySystem, AMissTakesTheDramLatencyMoreThanAHit) {
  MemorySystem memory(small(), 1);
  const Picoseconds miss = memory.transfer(0, 0_ns, block(0, 512));
  EXPECT_EQ(miss, kHit + 50_ns + kDramMiss * 1_ns);
  EXPECT_EQ(memory.transfer(0, 1000_ns, block(0, 512)), 1000_ns + kHit);
  EXPECT_EQ(memory.stats().misses(), 4);
  EXPECT_EQ(memory.stats().hits(), 4);
}

TEST(MemorySystem, AnEmptyTransferTakesNoTime) {
  MemorySystem memory(small(), 1);
  EXPECT_EQ(memory.transfer(0, 7_ns, block(0, 0)), 7_ns);
  EXPECT_EQ(memory.stats().requests, 0);
}

TEST(MemorySystem, DataComesAtTheRateOfThePath) {
  MemorySystem memory(small(), 1);
  MemoryTransfer copy = block(0, 4096);
  memory.transfer(0, 0_ns, copy);
  copy.port_bytes_per_second = 1'000'000'000;
  const Picoseconds last = memory.transfer(0, 10'000_ns, copy);
  EXPECT_GE(last, 10'000_ns + 4096_ns);
  EXPECT_LE(last, 10'000_ns + 4096_ns + kHit);
}

TEST(MemorySystem, ARowCostsThePathWhatTheCoreSays) {
  MemorySystem memory(small(), 1);
  MemoryTransfer copy = block(0, 128);
  copy.rows = 64;
  copy.row_stride = 128;
  memory.transfer(0, 0_ns, copy);
  copy.per_row = 50_ns;
  EXPECT_EQ(memory.transfer(0, 10'000_ns, copy), 10'000_ns + std::max(kHit, 50_ns) + 63 * 50_ns);
}

TEST(MemorySystem, ACoreHasSoManyRequestsInFlight) {
  MemoryConfig config = small();
  config.l2.outstanding.value = 2;
  MemorySystem memory(config, 1);
  memory.transfer(0, 0_ns, block(0, 8192));
  // 16 requests, two at a time, a nanosecond apart: pairs follow each other by a hit latency.
  EXPECT_EQ(memory.transfer(0, 10'000_ns, block(0, 8192)), 10'000_ns + 8 * kHit + 1_ns);
}

TEST(MemorySystem, ThePathTakesTheNextCopyBeforeTheLastDataIsThere) {
  MemorySystem memory(small(), 1);
  const Picoseconds done = memory.transfer(0, 0_ns, block(0, 1024));
  EXPECT_EQ(memory.path_free(0, false), 2_ns);
  EXPECT_EQ(memory.path_free(0, true), 0_ns);
  EXPECT_GT(done, kHit);
}

TEST(MemorySystem, ASliceServesARequestPerSlot) {
  MemoryConfig config = small();
  config.l2.conflict_grain.value = 128_B;
  MemorySystem memory(config, 16);
  for (std::uint64_t i = 0; i < 4; ++i) memory.transfer(0, 0_ns, block(i * 2048, 512));  // all in slice 0
  Picoseconds last;
  for (std::uint32_t core = 0; core < 16; ++core)  // each a sector of its own
    last = std::max(last, memory.transfer(core, kStart, block(core % 4 * 2048 + core / 4 * 128, 128)));
  EXPECT_EQ(memory.stats().conflicts, 0);
  EXPECT_EQ(last, kStart + kHit + 15 * 4_ns);
}

TEST(MemorySystem, CoresThatWantOnePlaceAtOnceWaitForItsBank) {
  const auto last_of = [](bool same, Bytes grain) {
    MemoryConfig config = small();
    config.l2.conflict_grain.value = grain;
    MemorySystem memory(config, 8);
    for (std::uint64_t line = 0; line < 8; ++line) memory.transfer(0, 0_ns, block(line * 512 * 4, 512));
    Picoseconds last;
    for (std::uint32_t core = 0; core < 8; ++core)
      last = std::max(last, memory.transfer(core, kStart, block(same ? 0 : core * 512 * 4, 512)));
    return std::pair(last, memory.stats().conflicts);
  };
  EXPECT_EQ(last_of(false, 512_B), std::pair(kStart + kHit + 7 * 4_ns, std::int64_t{0}));
  EXPECT_EQ(last_of(true, 512_B), std::pair(kStart + kHit + 7 * 12_ns, std::int64_t{7}));
  EXPECT_EQ(last_of(true, 256_B), std::pair(kStart + kHit + 7 * 6_ns, std::int64_t{7}));
  // A bank that delivers its grain within the slot of a request holds nobody up.
  EXPECT_EQ(last_of(true, 128_B), std::pair(kStart + kHit + 7 * 4_ns, std::int64_t{7}));
}

TEST(MemorySystem, RequestsToOnePlaceThatAreFarApartDoNotConflict) {
  for (const auto& [gap, conflicts] : {std::pair(90_ns, 1), std::pair(110_ns, 0)}) {
    MemorySystem memory(small(), 2);
    memory.transfer(0, 0_ns, block(0, 512));
    memory.transfer(0, 10'000_ns, block(0, 512));
    memory.transfer(1, 10'000_ns + gap, block(0, 512));
    EXPECT_EQ(memory.stats().conflicts, conflicts);
  }
}

TEST(MemorySystem, ASetHoldsAsManyLinesAsWaysAndTheOldestGoes) {
  // 16 sets, slice by line: lines 16 apart share a set.
  const auto line = [](std::uint64_t i) { return block(i * 16 * 512, 512); };
  MemorySystem memory(small(), 1);
  Picoseconds now;
  for (const std::uint64_t i : {0U, 1U, 2U, 3U, 0U, 4U}) memory.transfer(0, now += 1000_ns, line(i));
  EXPECT_EQ(memory.stats().misses(), 16);
  EXPECT_EQ(memory.stats().victims(), 4);
  EXPECT_EQ(memory.stats().hits(), 4);
  memory.transfer(0, now += 1000_ns, line(0));
  EXPECT_EQ(memory.stats().hits(), 8);  // line 1 was older and went
  memory.transfer(0, now += 1000_ns, line(1));
  EXPECT_EQ(memory.stats().hits(), 8);
  EXPECT_EQ(memory.stats().victims(), 8);
}

TEST(MemorySystem, WhatFitsIsReadFromMemoryOnceAndWhatDoesNotEachTime) {
  const auto hits = [](std::uint64_t bytes) {
    MemorySystem memory(small(), 1);
    Picoseconds now;
    for (int pass = 0; pass < 4; ++pass) now = memory.transfer(0, now, block(0, bytes));
    return memory.stats();
  };
  EXPECT_EQ(hits(32768).hits(), 3 * 256);
  EXPECT_EQ(hits(32768).hbm_read_bytes, 32768);
  EXPECT_EQ(hits(65536).hits(), 0);
  EXPECT_EQ(hits(65536).hbm_read_bytes, 4 * 65536);
}

TEST(MemorySystem, HintsDecideWhatStays) {
  const auto line = [](std::uint64_t i, Hint hint) {
    MemoryTransfer made = block(i * 16 * 512, 512);
    made.hint = hint;
    return made;
  };
  MemorySystem bypass(small(), 1);
  bypass.transfer(0, 0_ns, line(0, Hint::Bypass));
  bypass.transfer(0, 1000_ns, line(0, Hint::Bypass));
  EXPECT_EQ(bypass.stats().hits(), 0);
  EXPECT_EQ(bypass.stats().uncached_sectors, 8);

  MemorySystem first(small(), 1);
  for (std::uint64_t i = 0; i < 3; ++i)
    first.transfer(0, 1000_ns * static_cast<std::int64_t>(i + 1), line(i, Hint::Normal));
  first.transfer(0, 10'000_ns, line(3, Hint::First));
  first.transfer(0, 20'000_ns, line(4, Hint::Normal));  // in the place of line 3
  first.transfer(0, 30'000_ns, line(0, Hint::Normal));
  EXPECT_EQ(first.stats().hits(), 4);

  MemorySystem persistent(small(), 1);
  persistent.transfer(0, 0_ns, line(0, Hint::Persistent));
  Picoseconds now;
  for (std::uint64_t i = 1; i < 20; ++i) persistent.transfer(0, now += 1000_ns, line(i, Hint::Normal));
  EXPECT_EQ(persistent.stats().hits(), 0);
  persistent.transfer(0, now += 1000_ns, line(0, Hint::Normal));
  EXPECT_EQ(persistent.stats().hits(), 4);
}

TEST(MemorySystem, WrittenSectorsReachMemoryWhenTheirLineGoes) {
  MemorySystem memory(small(), 1);
  Picoseconds now;
  memory.transfer(0, now, block(0, 256, true));  // two whole sectors: nothing is fetched
  EXPECT_EQ(memory.stats().hbm_read_bytes, 0);
  EXPECT_EQ(memory.stats().hbm_write_bytes, 0);
  EXPECT_EQ(memory.stats().write_misses, 2);
  for (std::uint64_t i = 1; i <= 4; ++i) memory.transfer(0, now += 1000_ns, block(i * 16 * 512, 512));
  EXPECT_EQ(memory.stats().hbm_write_bytes, 256);
}

TEST(MemorySystem, ASectorWrittenInPartIsFetched) {
  MemorySystem memory(small(), 1);
  memory.transfer(0, 0_ns, block(32, 32, true));
  EXPECT_EQ(memory.stats().hbm_read_bytes, 128);
}

TEST(MemorySystem, AnAtomicReadsWhatIsNotThere) {
  MemorySystem memory(small(), 1);
  MemoryTransfer add = block(0, 512);
  add.atomic = true;
  const Picoseconds cold = memory.transfer(0, 0_ns, add);
  EXPECT_GT(cold, kHit + 50_ns);
  EXPECT_EQ(memory.transfer(0, 1000_ns, add), 1000_ns + kHit + 4_ns);  // two slots of its slice
  EXPECT_EQ(memory.stats().atomic_bytes, 1024);
  EXPECT_EQ(memory.stats().hbm_read_bytes, 512);
}

TEST(MemorySystem, ForeignLinesFillTheL2AndDirtyOnesAreWrittenOut) {
  for (const auto lines : {memory::ForeignLines::Clean, memory::ForeignLines::Dirty}) {
    MemorySystem memory(small(), 1);
    memory.fill_l2(lines);
    memory.transfer(0, 0_ns, block(0, 16384));
    EXPECT_EQ(memory.stats().misses(), 0);
    EXPECT_EQ(memory.stats().victims(), 128);
    EXPECT_EQ(memory.stats().hbm_write_bytes, lines == memory::ForeignLines::Dirty ? 16384 : 0);
    EXPECT_THROW(memory.fill_l2(lines), InternalError);
  }
}

TEST(MemorySystem, ForeignLinesOfAPresetFillEverySet) {
  for (const char* name : {"ascend910b1", "ascend950pr"}) {
    const MemoryConfig config = memory_preset(name);
    MemorySystem memory(config, 1);
    memory.fill_l2(memory::ForeignLines::Dirty);
    const std::int64_t bytes = config.l2.capacity.value.count();
    memory.transfer(0, 0_ns, block(0, static_cast<std::uint64_t>(bytes)));
    EXPECT_EQ(memory.stats().misses(), 0) << name;
    EXPECT_EQ(memory.stats().hbm_write_bytes, bytes) << name;
  }
}

TEST(MemorySystem, AWriteIntoADirtyPlaceWaitsForTheMemory) {
  const auto time = [](bool dirty) {
    MemorySystem memory(small(), 1);
    if (dirty) memory.fill_l2(memory::ForeignLines::Dirty);
    return memory.transfer(0, 0_ns, block(0, 32768, true));
  };
  // At least the data of whole batches has to go over the bus: 32 B per ns.
  EXPECT_LT(time(false), 1200_ns);
  EXPECT_GE(time(true), 32768_ns / 32);
  EXPECT_GT(time(true), time(false));
}

TEST(MemorySystem, PowerOfTwoStridesFindAllSetsWithTheHash) {
  const auto hits = [](bool hash) {
    MemoryConfig config = small();
    config.l2.hash.value = hash;
    MemorySystem memory(config, 1);
    Picoseconds now;
    for (int pass = 0; pass < 2; ++pass)
      for (std::uint64_t i = 0; i < 16; ++i) memory.transfer(0, now += 1000_ns, block(i * 8192, 512));
    return memory.stats().hits();
  };
  EXPECT_EQ(hits(false), 0);      // 16 lines of one set of 4
  EXPECT_EQ(hits(true), 16 * 4);  // all sectors of the second pass
}

TEST(MemorySystem, ARegionOfTheStatsIsADifference) {
  MemorySystem memory(small(), 1);
  memory.transfer(0, 0_ns, block(0, 1024));
  const memory::MemoryStats before = memory.stats();
  memory.transfer(0, 1000_ns, block(0, 2048));
  const memory::MemoryStats region = memory.stats() - before;
  EXPECT_EQ(region.transfers, 1);
  EXPECT_EQ(region.hits(), 8);
  EXPECT_EQ(region.misses(), 8);
  EXPECT_EQ(region.hbm_read_bytes, 1024);
  EXPECT_EQ(region.hbm.reads * 64, 1024);
  EXPECT_EQ((memory.stats() - memory.stats()).hbm_busy_ps, 0);
}

TEST(MemorySystem, AMissBringsAsMuchAsTheMemorysGrain) {
  for (const std::int64_t fetch : {128, 256, 512}) {
    MemoryConfig config = small();
    config.l2.fetch.value = Bytes(fetch);
    MemorySystem memory(config, 1);
    memory.transfer(0, 0_ns, block(384, 128));
    EXPECT_EQ(memory.stats().hbm_read_bytes, fetch);
  }
}

TEST(MemorySystem, ALaterCallMayUseEarlierTime) {
  // The first core's slow copy reaches far ahead; the second one's, asked for after it, goes in between.
  MemorySystem memory(small(), 2);
  MemoryTransfer slow = block(0, 16384);
  slow.port_bytes_per_second = 1'000'000'000;
  const Picoseconds first = memory.transfer(0, 0_ns, slow);
  const Picoseconds second = memory.transfer(1, 1_ns, block(1 << 20, 4096));
  EXPECT_GT(first, 16'000_ns);
  EXPECT_LT(second, 2'000_ns);
}

TEST(MemorySystem, ThroughputIsNeverAboveTheMemorysPeak) {
  const MemoryConfig config = memory_preset("ascend910b1");
  MemorySystem memory(config, 24);
  Random draw(3, "copies");
  Picoseconds last;
  std::int64_t bytes = 0;
  for (std::uint32_t i = 0; i < 2400; ++i) {
    MemoryTransfer copy = block(std::uint64_t{i} << 16U, 65536);
    bytes += 65536;
    last = std::max(last, memory.transfer(i % 24, 0_ns, copy));
  }
  EXPECT_GE(last, time_rounded_up(Bytes(bytes), config.hbm.peak()));
  EXPECT_EQ(memory.stats().read_bytes, bytes);
  EXPECT_EQ(memory.stats().hbm_read_bytes, bytes);
  EXPECT_EQ(memory.stats().hbm.reads * config.hbm.burst_bytes().count(), bytes);
}

TEST(MemorySystem, SectorsReadAreHitsMissesVictimsOrUncached) {
  MemorySystem memory(small(), 4);
  Random draw(5, "copies");
  std::int64_t sectors = 0;
  Picoseconds now;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    MemoryTransfer copy = block(draw.below(1024) * 128, 128 * (1 + draw.below(8)));
    copy.hint = draw.below(4) == 0 ? Hint::Bypass : Hint::Normal;
    sectors += static_cast<std::int64_t>(copy.row_bytes / 128);
    memory.transfer(i % 4, now += Picoseconds(static_cast<std::int64_t>(draw.below(200'000))), copy);
  }
  const memory::MemoryStats stats = memory.stats();
  EXPECT_EQ(stats.hits() + stats.misses() + stats.victims() + stats.uncached_sectors, sectors);
  EXPECT_GE(stats.hbm_read_bytes, (stats.misses() + stats.victims() + stats.uncached_sectors) * 128);
}

TEST(MemorySystem, TheSameCopiesGiveTheSameTimes) {
  const auto last = [] {
    MemorySystem memory(memory_preset("ascend950pr"), 8);
    CopyStream stream;
    stream.rows = 1024;
    stream.columns = 4096;
    stream.cores = 8;
    return run_copies(memory, stream).time;
  };
  EXPECT_EQ(last(), last());
}

TEST(MemorySystem, CallsOutOfOrderAndBeyondTheMemoryAreOurFault) {
  MemorySystem memory(small(), 1);
  memory.transfer(0, 10_ns, block(0, 512));
  EXPECT_THROW(memory.transfer(0, 9_ns, block(0, 512)), InternalError);
  EXPECT_THROW(memory.transfer(0, 10_ns, block(std::uint64_t{1} << 30U, 1)), InternalError);
}

TEST(MemoryModule, AnswersAsItsMemory) {
  memory::MemoryModule module("memory", small(), 1);
  EXPECT_EQ(module.transfer(0, 0_ns, block(0, 512)), kHit + 50_ns + kDramMiss * 1_ns);
  EXPECT_EQ(module.path_free(0, false), 1_ns);
  EXPECT_EQ(module.stats().misses(), 4);
}

TEST(MemoryPresets, AreCompleteAndNearThePublishedRates) {
  const std::filesystem::path folder = std::filesystem::path(PODSIM_SOURCE_DIR) / "configs/memory";
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const auto config = config::load<MemoryConfig>(file.path().string());
    EXPECT_TRUE(config::missing_sources(config).empty()) << file.path();
    EXPECT_NO_THROW(memory::HbmTiming{config.hbm}) << file.path();
    ++count;
  }
  EXPECT_GE(count, 6);
  const auto terabytes = [](const char* name) {
    return static_cast<double>(memory_preset(name).hbm.peak().count()) / 1e12;
  };
  EXPECT_NEAR(terabytes("ascend910b1"), 1.6, 0.1);
  EXPECT_NEAR(terabytes("ascend910c"), 1.6, 0.1);
  EXPECT_NEAR(terabytes("ascend950pr"), 1.7, 0.2);
  EXPECT_NEAR(terabytes("ascend950dt"), 4.0, 0.1);
}

}  // namespace
}  // namespace podsim::test
