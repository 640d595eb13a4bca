// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "study/claim_words.h"

#include <fmt/format.h>

#include <cmath>

#include "study/report_words.h"

namespace podsim::study {

// Ratios to the decimals that a reader compares; others to five digits.
std::string claim_figure_text(const Claim& claim, double value) {
  return claim.unit == "x" ? fmt::format("{:.2f}", value) : figure_text(value);
}

std::string simulated_text(const ClaimResult& result) {
  const auto least = result.smallest();
  const auto most = result.largest();
  if (!least || !most) return "-";
  const Claim& claim = result.claim;
  const std::string unit = claim.unit.empty() ? "" : " " + claim.unit;
  const std::string low = claim_figure_text(claim, *least);
  const std::string high = claim_figure_text(claim, *most);
  if (claim.judged == Judged::Largest) return fmt::format("up to {}{}", high, unit);
  if (claim.judged == Judged::Smallest) return fmt::format("down to {}{}", low, unit);
  return low == high ? low + unit : fmt::format("{} to {}{}", low, high, unit);
}

std::string claim_verdict_text(const ClaimResult& result) {
  return result.verdict ? config::enum_name(*result.verdict) : "FAILED";
}

std::string claim_difference_text(const ClaimResult& result) {
  if (!result.verdict || result.as_recorded()) return "";
  if (!result.claim.recorded) return "no verdict is recorded";
  const RecordedVerdict& recorded = *result.claim.recorded;
  std::string text = fmt::format("recorded: {}", config::enum_name(recorded.verdict));
  return recorded.region.empty() ? text : fmt::format("{} {}", text, recorded.region);
}

}  // namespace podsim::study
