// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/study/judge.h"

// The same results for a reader, for a page and for a build server.
namespace podsim::study {

// A table per family with what its errors come to, then the whole.
std::string console_report(const std::vector<Result>& results);

// A summary, then a section per family: statistics, table, and the reasons of misses; `notes` at the end. The
// same results give the same bytes.
std::string markdown_report(const std::vector<Result>& results, const std::string& notes = "");

// JUnit XML, a suite per family: Missed is a failure, Failed an error, Explained skipped with its reason.
std::string junit_report(const std::vector<Result>& results);

// `text` as XML content or attribute: markup escaped, bytes that XML 1.0 or UTF-8 do not know as "?".
std::string xml_text(const std::string& text);

}  // namespace podsim::study
