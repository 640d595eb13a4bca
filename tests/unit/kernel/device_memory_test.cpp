// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/device_memory.h"

#include <gtest/gtest.h>

#include "podsim/base/error.h"

namespace podsim::kernel {
namespace {

TEST(DeviceMemory, AllocationsAreAlignedAndApart) {
  DeviceMemory memory(1U << 20U);
  std::byte* const first = memory.allocate(1);
  std::byte* const second = memory.allocate(1000);
  EXPECT_EQ(memory.address(first) % DeviceMemory::kAlignment, 0U);
  EXPECT_EQ(memory.address(second) % DeviceMemory::kAlignment, 0U);
  EXPECT_GE(memory.address(second), memory.address(first) + 1 + DeviceMemory::kSlack);
}

TEST(DeviceMemory, FullMemoryIsAnError) {
  DeviceMemory memory(1U << 20U);
  memory.allocate(1U << 19U);
  EXPECT_THROW(memory.allocate(1U << 19U), ConfigError);
  EXPECT_NO_THROW(memory.allocate(1024));
}

TEST(DeviceMemory, ForeignPointerIsAnError) {
  const DeviceMemory memory(1U << 20U);
  int outside = 0;
  EXPECT_THROW(memory.address(&outside), ConfigError);
}

TEST(DeviceMemory, ResetZeroesAndGivesBack) {
  DeviceMemory memory(1U << 20U);
  std::byte* const first = memory.allocate(64);
  EXPECT_EQ(first[5], std::byte{0});
  first[5] = std::byte{7};
  memory.reset();
  EXPECT_EQ(memory.allocate(64), first);
  EXPECT_EQ(first[5], std::byte{0});
}

TEST(DeviceMemory, DefaultSizeCostsNothingUntilTouched) {
  const DeviceMemory memory;
  EXPECT_EQ(memory.size(), 64ULL << 30U);
  EXPECT_EQ(memory.base()[memory.size() - 1], std::byte{0});
}

}  // namespace
}  // namespace podsim::kernel
