// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/moe/trace_inspect.h"

namespace podsim::app {

// What `podsim trace inspect` says of a file, for people.
std::string trace_report(const std::string& file, moe::TraceFormat format, const moe::TraceSummary& summary);
// The same as a JSON document, a line per key.
std::string trace_report_json(const std::string& file, moe::TraceFormat format,
                              const moe::TraceSummary& summary);

}  // namespace podsim::app
