// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/study/statistics.h"

// What every report says in the same words.
namespace podsim::study {

std::string figure_text(double value);  // five significant digits, no exponent: "3,563.1", "18,482", "0.0453"
std::string percent_text(double error);        // with its sign: "-12.4 %"
std::string value_text(const Result& result);  // "194.6 us", or "-"
std::string error_text(const Result& result);  // "-12.4 %", or "-"
std::string row_name(const Result& result);    // the id, and the metric of a further figure
const char* kind_text(const Result& result);   // "calibrated" or "predicted"

// What the errors come to, a line each: predicted, calibrated, gains, busiest pipe, failed runs. Without
// lines for what is not there.
std::vector<std::string> statistics_lines(const Statistics& stats);
// "12 within tolerance, 1 missed, 2 missed with a reason, 1 failed, 3 shown"
std::string verdict_counts(const Statistics& stats);

}  // namespace podsim::study
