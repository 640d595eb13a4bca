// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/moe/trace.h"

namespace podsim::moe {

// A count-level trace: how many tokens each expert of a layer got in a step. Loads may be any numbers of 0 or
// more, as only their shares count. What is wrong in the file is a ConfigError with its name and the place.
class CountReader {
 public:
  virtual ~CountReader() = default;
  virtual const std::string& name() const = 0;
  virtual std::int64_t experts() const = 0;
  virtual Span<const std::int64_t> steps() const = 0;   // ascending
  virtual Span<const std::int64_t> layers() const = 0;  // ascending
  // The loads [experts] of a step and layer; false when the trace has none for them.
  virtual bool read(std::int64_t step, std::int64_t layer, std::vector<double>& loads) = 0;
};

// `options.experts` as open_trace; `options.top_k` is not used. A token-level format is a ConfigError.
std::unique_ptr<CountReader> open_counts(std::unique_ptr<ByteSource> bytes, const TraceOptions& options = {});
std::unique_ptr<CountReader> open_counts(const std::string& path, const TraceOptions& options = {});

}  // namespace podsim::moe
