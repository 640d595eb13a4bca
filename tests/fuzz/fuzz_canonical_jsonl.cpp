// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Canonical JSON-lines traces: whatever the bytes, checked records or a ConfigError.
#include "trace_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  podsim::moe::read_tokens(std::string(reinterpret_cast<const char*>(data), size),
                           podsim::moe::TraceFormat::Canonical);
  return 0;
}
