// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/global_memory.h"

#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "podsim/base/random.h"

namespace podsim::npu {
namespace {

using namespace literals;

TEST(GlobalMap, MemoriesLieOneBehindTheOther) {
  const GlobalMap map(4, 1_MiB);
  EXPECT_EQ(map.size(), 4_MiB);
  const GlobalAddress place = map.locate(2 * (1 << 20) + 17);
  EXPECT_EQ(place.card, NpuId(2));
  EXPECT_EQ(place.offset, 17);
  EXPECT_EQ(map.run_length(2 * (1 << 20) + 17), (1 << 20) - 17);
}

TEST(GlobalMap, PagesGoRoundTheCards) {
  const GlobalMap map(3, 12_KiB, 4_KiB);
  EXPECT_EQ(map.locate(4096).card, NpuId(1));
  EXPECT_EQ(map.locate(3 * 4096 + 5).card, NpuId(0));
  EXPECT_EQ(map.locate(3 * 4096 + 5).offset, 4096 + 5);
  EXPECT_EQ(map.run_length(4096 + 100), 4096 - 100);
}

TEST(GlobalMap, EveryAddressIsOnePlaceAndBack) {
  for (const Bytes page : {Bytes(), 4_KiB}) {
    const GlobalMap map(5, 64_KiB, page);
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const auto address =
          static_cast<std::int64_t>(mix64(i) % static_cast<std::uint64_t>(map.size().count()));
      EXPECT_EQ(map.address(map.locate(address)), address) << "page " << page.count();
    }
  }
}

TEST(GlobalMap, RefusesWhatIsOutside) {
  const GlobalMap map(2, 1_KiB);
  EXPECT_THROW(map.locate(2048), ConfigError);
  EXPECT_THROW(map.locate(-1), ConfigError);
  EXPECT_THROW(GlobalMap(2, 1_KiB, Bytes(100)), ConfigError);
}

TEST(TransactionPool, UsesNumbersAgain) {
  TransactionPool pool;
  const std::uint32_t first = pool.open({});
  const std::uint32_t second = pool.open({});
  EXPECT_NE(first, second);
  EXPECT_EQ(pool.under_way(), 2U);
  pool.close(first);
  EXPECT_EQ(pool.open({}), first);
  EXPECT_EQ(pool.under_way(), 2U);
}

}  // namespace
}  // namespace podsim::npu
