// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/small_scenario.h"

namespace podsim::test {
namespace {

// 16 cards of a pod of 64: the modules of 8,192 would be made for the sixteen that send.
const Sets kSmallPod{"/machine/pod=configs/pods/atlas950_1024.json"};

Sets at_fidelity(const std::string& fidelity) {
  Sets sets = kSmallPod;
  sets.push_back("/fabric/fidelity=" + fidelity);
  return sets;
}

TEST(LinkRun, AnMoeLayerTakesAboutAsLongAsAtPacketFidelity) {
  const double packet = latency_of(at_fidelity("packet"));
  const double link = latency_of(at_fidelity("link"));
  EXPECT_NEAR(packet / link, 1.0, 0.05);
}

TEST(LinkRun, TheSameSeedGivesTheSameFigures) {
  EXPECT_EQ(metrics_of(at_fidelity("link")), metrics_of(at_fidelity("link")));
}

TEST(LinkRun, TooManyBitErrorsAreAnErrorThatNamesTheLink) {
  Sets sets = at_fidelity("link");
  sets.push_back("/machine/protocol/link_layer/bit_error_rate/value=0.02");
  const std::string result = metrics_of(sets);
  EXPECT_NE(result.find("error: link npu "), std::string::npos) << result;
  EXPECT_NE(result.find("went down at"), std::string::npos) << result;
}

}  // namespace
}  // namespace podsim::test
