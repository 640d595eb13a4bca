// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/hbm_server.h"

#include <gtest/gtest.h>

namespace podsim::npu {
namespace {

using namespace literals;

TEST(HbmServer, RequestOnIdleMemoryTakesItsBytesAtTheRate) {
  HbmServer hbm(1_GBps);
  EXPECT_EQ(hbm.serve(100_ns, 32_B), 132_ns);
}

TEST(HbmServer, LaterRequestWaitsForTheEarlierOne) {
  HbmServer hbm(1_GBps);
  hbm.serve(0_ns, 100_B);
  EXPECT_EQ(hbm.serve(40_ns, 10_B), 110_ns);
  EXPECT_EQ(hbm.serve(111_ns, 10_B), 121_ns) << "after an idle nanosecond";
}

TEST(HbmServer, TimeIsRoundedUpToAPicosecond) {
  const HbmServer hbm(3_TBps);
  EXPECT_EQ(hbm.load_of(1_B).time, 1_ps);
  EXPECT_EQ(hbm.load_of(4_B).time, 2_ps);
}

TEST(HbmServer, CountsWhatItServed) {
  HbmServer hbm(1_GBps);
  const HbmServer::Load row = hbm.load_of(7_B);
  hbm.serve(0_ns, row);
  hbm.serve(50_ns, row);
  EXPECT_EQ(hbm.bytes(), 14_B);
  EXPECT_EQ(hbm.busy(), 14_ns);
  EXPECT_EQ(hbm.free_at(), 57_ns);
}

}  // namespace
}  // namespace podsim::npu
