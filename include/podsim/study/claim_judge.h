// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "podsim/study/claim.h"
#include "podsim/study/execution.h"
#include "podsim/study/judge.h"

// From claims to the runs they need, and from what those left to verdicts.
namespace podsim::study {

// The points of several axes, numbered with the first axis fastest. Without axes there is one point.
class ClaimGrid {
 public:
  explicit ClaimGrid(std::vector<ClaimAxis> axes) : axes_(std::move(axes)) {}

  const std::vector<ClaimAxis>& axes() const { return axes_; }
  std::size_t size() const;
  std::vector<std::size_t> at(std::size_t point) const;  // index on every axis
  std::string label(std::size_t point) const;            // "tokens per card 8, EP 64"

 private:
  std::vector<ClaimAxis> axes_;
};

// Where `inside` is true, in words: "EP 8 to 32: tokens per card 64 to 512; EP 64: tokens per card 128".
std::string region_text(const ClaimGrid& grid, const std::vector<bool>& inside);

// The runs that claims need, those with the same command line once.
struct ClaimPlan {
  std::vector<Claim> claims;
  std::vector<ClaimGrid> grids;  // by claim
  std::vector<Execution> executions;
  // by claim and point: the execution of each run
  std::vector<std::vector<std::map<std::string, std::size_t>>> run_of;
};
// `with_map_axes`: the points of the map too.
ClaimPlan make_claim_plan(std::vector<Claim> claims, bool with_map_axes = false);

// What one point came to.
struct ClaimPoint {
  std::optional<double> figure;  // none: failed
  bool inside = false;
  std::string failure;
};

struct ClaimResult {
  Claim claim;
  ClaimGrid grid{{}};
  std::vector<ClaimPoint> points;
  std::optional<ClaimVerdict> verdict;  // none: a point failed
  std::string region;                   // of HoldsWhere
  std::string failure;                  // of the first point that failed
  std::vector<std::string> fidelities;  // of its runs, each once
  double wall_s = 0.0;                  // of its runs, shared ones counted by each claim

  bool as_recorded() const;
  std::optional<double> smallest() const;  // figure of all points
  std::optional<double> largest() const;
};

// `ran` by execution of the plan. Reads the files that values are from; throws ConfigError when one is wrong.
std::vector<ClaimResult> judge_claims(const ClaimPlan& plan, const std::vector<Ran>& ran);

// Whether every verdict is the recorded one.
bool all_as_recorded(const std::vector<ClaimResult>& results);

// The figure of a configuration file (see ClaimValue).
double read_value(const ClaimValue& value);

}  // namespace podsim::study
