// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// NumPy arrays, as they are and as vLLM's routed_experts: whatever the bytes, elements or a ConfigError.
#include "podsim/moe/npy.h"
#include "trace_reading.h"

namespace {

void read_elements(const std::string& content) {
  using podsim::Span;
  try {
    podsim::moe::NpyFile file(podsim::moe::bytes_of(content, "fuzz"));
    std::vector<double> numbers(static_cast<std::size_t>(file.elements()));
    file.read(0, Span<double>(numbers));
    std::vector<std::int64_t> integers(numbers.size());
    file.read(0, Span<std::int64_t>(integers));
    PODSIM_CHECK(!file.is_float(), "integers of {}", file.data_type());
  } catch (const podsim::ConfigError&) {  // what a wrong file deserves
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  read_elements(content);
  podsim::moe::read_tokens(content, podsim::moe::TraceFormat::Vllm);
  return 0;
}
