// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;

class SortTest : public KernelTest {
 protected:
  // Order that a stable descending sort gives.
  template <class T>
  static std::vector<uint32_t> order_of(const std::vector<T>& scores, std::size_t first, std::size_t last) {
    std::vector<uint32_t> order(last - first);
    std::iota(order.begin(), order.end(), static_cast<uint32_t>(first));
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    return order;
  }
  std::vector<uint32_t> iota(std::size_t count) {
    std::vector<uint32_t> values(count);
    std::iota(values.begin(), values.end(), 0U);
    return values;
  }
};

TEST_F(SortTest, Sort32OrdersEveryRepeatStably) {
  const auto a = ub<float>(0, small<float>(64));
  const auto index = ub<uint32_t>(1024, iota(64));
  const auto c = ub<float>(4096, GetSortLen<float>(64));
  Sort32(c, a, index, 2);
  const auto pairs = held(c.ReinterpretCast<uint32_t>(), 128);
  for (std::size_t r = 0; r < 2; ++r) {
    const auto order = order_of(held(a, 64), r * 32, r * 32 + 32);
    for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(pairs[(r * 32 + i) * 2 + 1], order[i]);
  }
}

TEST_F(SortTest, MergeTakesFromTheBestListAndCountsIt) {
  // {score, index} pairs of two lists, one of them longer.
  const auto first = ub<float>(0, {9, 0, 5, 0, 1, 0});
  const auto second = ub<float>(256, {7, 0, 5, 0});
  const auto c = ub<float>(512, 16);
  const uint16_t lengths[4] = {3, 2, 0, 0};
  MrgSort(c, MrgSortSrcList<float>(first, second, first, first), MrgSort4Info(lengths, false, 3, 1));
  const auto out = held(c, 10);
  EXPECT_THAT((std::vector<float>{out[0], out[2], out[4], out[6], out[8]}),
              ::testing::ElementsAre(9, 7, 5, 5, 1));
  MrgSort(c, MrgSortSrcList<float>(first, second, first, first), MrgSort4Info(lengths, true, 3, 1));
  uint16_t a = 0;
  uint16_t b = 0;
  uint16_t d = 0;
  uint16_t e = 0;
  GetMrgSortResult(a, b, d, e);
  EXPECT_EQ(a, 2);
  EXPECT_EQ(b, 2);  // its end suspends the merge
  expect_refused(
      [&] {
        MrgSort(c, MrgSortSrcList<float>(first, second, first, first), MrgSort4Info(lengths, false, 5, 1));
      },
      {"MrgSort", "validBit", "5"});
}

TEST_F(SortTest, FullSortOfHalvesThroughTheWrappers) {
  constexpr uint32_t kCount = 32 * 11;  // not a power of four runs
  const auto a = ub<half>(0, small<half>(kCount, -500, 500));
  const auto index = ub<uint32_t>(2048, iota(kCount));
  LocalTensor<half> concat;
  LocalTensor<half> tmp = ub<half>(8192, GetSortLen<half>(kCount));
  const auto sorted = ub<half>(16384, GetSortLen<half>(kCount));
  Concat(concat, a, tmp, kCount / 16);
  Sort<half, true>(sorted, concat, index, tmp, kCount / 32);
  const auto values = ub<half>(32768, kCount);
  const auto places = ub<uint32_t>(65536, kCount);
  Extract(values, places, sorted, kCount / 32);
  const auto x = held(a, kCount);
  const auto order = order_of(x, 0, kCount);
  EXPECT_EQ(held(places, kCount), order);
  for (std::size_t i = 0; i < kCount; ++i) EXPECT_EQ(held(values, kCount)[i], x[order[i]]);
}

}  // namespace
}  // namespace podsim::test
