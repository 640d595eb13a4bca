// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/study/claim_judge.h"

// Words that the claims' reports share.
namespace podsim::study {

std::string simulated_text(const ClaimResult& result);         // "1.12 to 1.64 x"; "-" without a figure
std::string claim_verdict_text(const ClaimResult& result);     // "holds", or "FAILED"
std::string claim_difference_text(const ClaimResult& result);  // how it differs from the recorded; empty: not
std::string claim_figure_text(const Claim& claim, double value);

}  // namespace podsim::study
