// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/super_pod.h"

#include <gtest/gtest.h>

#include "podsim/base/error.h"

namespace podsim::pod {
namespace {

class Idle : public npu::Card {
 public:
  explicit Idle(bool done) : done_(done) {}
  bool next_message(Picoseconds, fabric::Message&) override { return false; }
  void message_arrived(const fabric::Arrival&) override {}
  void wake(Picoseconds) override {}
  void barrier_released(Picoseconds, Picoseconds) override {}
  bool done() const override { return done_; }
  Picoseconds done_at() const override { return {}; }
  std::string waiting_for() const override { return "a sign"; }

 private:
  bool done_;
};

TEST(CheckAllDone, NamesTheFirstCardsThatWaitAndForWhat) {
  const Idle done(true);
  const Idle waiting(false);
  EXPECT_NO_THROW(check_all_done({&done, &done}));
  try {
    check_all_done({&done, &waiting, &done, &waiting});
    FAIL() << "no error";
  } catch (const InternalError& error) {
    EXPECT_STREQ(error.what(),
                 "no event is left at 0ps, but 2 of 4 cards are not done:\n  npu 1 waits for a sign\n"
                 "  npu 3 waits for a sign");
  }
}

TEST(CheckConservation, LostMessageIsABug) {
  fabric::Totals totals;
  totals.messages_offered = 7;
  totals.messages_delivered = 6;
  EXPECT_THROW(check_conservation(totals), InternalError);
}

}  // namespace
}  // namespace podsim::pod
