// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/claim_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "podsim/study/report.h"
#include "study/claim_words.h"

namespace podsim::study {
namespace {

using Json = nlohmann::ordered_json;

std::string counts_text(const std::vector<ClaimResult>& results) {
  std::string text;
  for (const auto& [verdict, name] : config::EnumNames<ClaimVerdict>::kNames) {
    const auto wanted = verdict;
    const auto count = std::count_if(results.begin(), results.end(),
                                     [wanted](const ClaimResult& one) { return one.verdict == wanted; });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  }
  const auto failed =
      std::count_if(results.begin(), results.end(), [](const ClaimResult& one) { return !one.verdict; });
  if (failed > 0) text += fmt::format("{}{} failed", text.empty() ? "" : ", ", failed);
  return fmt::format("{} {}: {}", results.size(), results.size() == 1 ? "claim" : "claims", text);
}

std::string lines_below(const ClaimResult& result) {
  std::string text;
  const auto add = [&text](const std::string& line) {
    if (!line.empty()) text += fmt::format("      {}\n", line);
  };
  add(result.region);
  add(result.failure);
  if (result.verdict == ClaimVerdict::CannotBeTested) add(result.claim.cannot_be_tested);
  const std::string difference = claim_difference_text(result);
  if (!difference.empty()) add("DIFFERS: " + difference);
  return text;
}

Json points_json(const ClaimResult& result) {
  Json points = Json::array();
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    Json point;
    const std::vector<std::size_t> at = result.grid.at(i);
    for (std::size_t a = 0; a < at.size(); ++a)
      point["at"][result.grid.axes()[a].name] = result.grid.axes()[a].label(at[a]);
    if (result.points[i].figure)
      point["figure"] = *result.points[i].figure;
    else
      point["failure"] = result.points[i].failure;
    point["covered"] = result.points[i].inside;
    points.push_back(std::move(point));
  }
  return points;
}

Json claim_json(const ClaimResult& result) {
  const Claim& claim = result.claim;
  Json json = {{"id", claim.id},
               {"statement", claim.statement},
               {"who", claim.who},
               {"source", claim.source},
               {"stated_conditions", claim.stated_conditions},
               {"assumed_conditions", claim.assumed_conditions},
               {"stated", claim.stated_text()},
               {"simulated", simulated_text(result)},
               {"unit", claim.unit},
               {"verdict", claim_verdict_text(result)},
               {"region", result.region},
               {"as_recorded", result.as_recorded()},
               {"fidelity", result.fidelities}};
  if (!claim.cannot_be_tested.empty()) json["cannot_be_tested"] = claim.cannot_be_tested;
  if (!result.failure.empty()) json["failure"] = result.failure;
  json["points"] = points_json(result);
  return json;
}

std::string junit_outcome(const ClaimResult& result) {
  const std::string said =
      fmt::format("stated {}, simulated {}: {}{}{}", result.claim.stated_text(), simulated_text(result),
                  claim_verdict_text(result), result.region.empty() ? "" : " ", result.region);
  if (!result.verdict) return fmt::format("    <error message=\"{}\"/>\n", xml_text(result.failure));
  const std::string difference = claim_difference_text(result);
  if (!difference.empty())
    return fmt::format("    <failure message=\"{}; {}\"/>\n", xml_text(said), xml_text(difference));
  return fmt::format("    <system-out>{}</system-out>\n", xml_text(said));
}

}  // namespace

std::string claims_text(const std::vector<ClaimResult>& results) {
  std::array<std::size_t, 3> width = {5, 6, 9};
  for (const ClaimResult& result : results) {
    width[0] = std::max(width[0], result.claim.id.size());
    width[1] = std::max(width[1], result.claim.stated_text().size());
    width[2] = std::max(width[2], simulated_text(result).size());
  }
  std::string text = fmt::format("  {:<{}}  {:<{}}  {:<{}}  verdict\n", "claim", width[0], "stated", width[1],
                                 "simulated", width[2]);
  for (const ClaimResult& result : results) {
    text +=
        fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}\n", result.claim.id, width[0], result.claim.stated_text(),
                    width[1], simulated_text(result), width[2], claim_verdict_text(result));
    text += lines_below(result);
  }
  return fmt::format("{}\n{}\n", text, counts_text(results));
}

std::string claims_json(const std::vector<ClaimResult>& results) {
  Json claims = Json::array();
  for (const ClaimResult& result : results) claims.push_back(claim_json(result));
  const Json root = {{"schema_version", 1}, {"claims", std::move(claims)}};
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string claims_junit(const std::vector<ClaimResult>& results) {
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::string cases;
  for (const ClaimResult& result : results) {
    failures += claim_difference_text(result).empty() ? 0U : 1U;
    errors += result.verdict ? 0U : 1U;
    cases += fmt::format("  <testcase classname=\"claims\" name=\"{}\" time=\"{:.3f}\">\n{}  </testcase>\n",
                         xml_text(result.claim.id), result.wall_s, junit_outcome(result));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"podsim claims\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">\n"
      "{}</testsuite>\n",
      results.size(), failures, errors, cases);
}

std::string with_recorded(const std::string& text, const std::vector<ClaimResult>& results) {
  Json root = Json::parse(text);
  for (Json& claim : root["claims"]) {
    const auto result = std::find_if(results.begin(), results.end(), [&claim](const ClaimResult& one) {
      return one.claim.id == claim["id"].get<std::string>();
    });
    if (result == results.end() || !result->verdict) continue;
    Json recorded = {{"verdict", claim_verdict_text(*result)}};
    if (!result->region.empty()) recorded["region"] = result->region;
    claim["recorded"] = std::move(recorded);
  }
  return root.dump(2) + "\n";
}

}  // namespace podsim::study
