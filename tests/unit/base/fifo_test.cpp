// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/fifo.h"

#include <gtest/gtest.h>

#include <deque>

#include "podsim/base/random.h"

namespace podsim::test {
namespace {

TEST(Fifo, HandsOutAsADequeDoes) {
  Fifo<std::uint64_t> fifo;
  std::deque<std::uint64_t> reference;
  Random draw(1, "fifo");
  for (std::uint64_t step = 0; step < 20'000; ++step) {
    // Grows for a while, then shrinks, and is empty now and then.
    const std::uint64_t pushes_of_ten = step / 500 % 2 == 0 ? 7 : 3;
    if (reference.empty() || draw.below(10) < pushes_of_ten) {
      fifo.push_back(step);
      reference.push_back(step);
    } else {
      fifo.pop_front();
      reference.pop_front();
    }
    ASSERT_EQ(fifo.size(), reference.size());
    ASSERT_EQ(fifo.empty(), reference.empty());
    if (!reference.empty()) {
      ASSERT_EQ(fifo.front(), reference.front());
    }
  }
}

}  // namespace
}  // namespace podsim::test
