// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Loads of experts, .npy and JSON lines: whatever the bytes, loads of 0 or more or a ConfigError.
#include "trace_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  podsim::moe::read_loads(content, podsim::moe::TraceFormat::CountsNpy);
  podsim::moe::read_loads(content, podsim::moe::TraceFormat::CountsJsonl);
  return 0;
}
