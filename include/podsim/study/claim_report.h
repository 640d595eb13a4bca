// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/study/claim_judge.h"

// What claims came to, for a reader, for programs, for a build server and as a page.
namespace podsim::study {

// A table of claim, stated, simulated and verdict, with what differs from the recorded verdicts.
std::string claims_text(const std::vector<ClaimResult>& results);

// Every claim with its conditions, verdict and the figure of every point.
std::string claims_json(const std::vector<ClaimResult>& results);

// JUnit XML: a verdict that is not the recorded one is a failure, one that a failed run prevents an error.
std::string claims_junit(const std::vector<ClaimResult>& results);

// The page docs/claims.md. `map_folder`: where, from the page, the map of a claim stands as <id>.svg.
// No wall-clock figure: the same results give the same bytes.
std::string claims_page(const std::vector<ClaimResult>& results, const std::string& map_folder);

// A claims file with the verdicts of `results` recorded; `text` is the file's text. Claims that failed or are
// not among the results keep what they have.
std::string with_recorded(const std::string& text, const std::vector<ClaimResult>& results);

}  // namespace podsim::study
