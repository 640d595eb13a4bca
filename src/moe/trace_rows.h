// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "podsim/base/error.h"
#include "podsim/moe/routing.h"

namespace podsim::moe {

// Experts that an ExpertIndex can name.
constexpr std::int64_t kMostExperts = std::int64_t{std::numeric_limits<ExpertIndex>::max()} + 1;

// The experts a row may name: what is known of the layer, or all that can be named.
constexpr std::int64_t expert_limit(std::int64_t experts) {
  return experts > 0 ? experts : kMostExperts;
}

// Copies rows [rows, top_k] as read from a file to `into`, and holds them to 0 <= expert < experts and to no
// expert twice in a row. `where(row)` says where a row stands, for the ConfigError.
template <class Value, class Where>
void take_rows(const Value* values, std::size_t rows, std::size_t top_k, std::int64_t experts,
               const Where& where, ExpertIndex* into) {
  for (std::size_t row = 0; row < rows; ++row, values += top_k, into += top_k) {
    for (std::size_t i = 0; i < top_k; ++i) {
      const auto expert = static_cast<std::int64_t>(values[i]);
      if (expert < 0 || expert >= experts) {
        throw ConfigError(fmt::format("{}: expert {}, expected 0 to {}", where(row), expert, experts - 1));
      }
      into[i] = static_cast<ExpertIndex>(expert);
      for (std::size_t j = 0; j < i; ++j) {
        if (into[j] == into[i]) throw ConfigError(fmt::format("{}: expert {} twice", where(row), expert));
      }
    }
  }
}

// Refuses a trace of another shape than its user has; 0 is unknown on either side.
inline void expect_shape(const std::string& file, std::int64_t experts, std::int64_t wanted_experts,
                         std::int64_t top_k, std::int64_t wanted_top_k) {
  if (experts > 0 && wanted_experts > 0 && experts != wanted_experts) {
    throw ConfigError(fmt::format("{}: routes among {} experts, expected {}", file, experts, wanted_experts));
  }
  if (top_k > 0 && wanted_top_k > 0 && top_k != wanted_top_k) {
    throw ConfigError(
        fmt::format("{}: routes to the top {} experts, expected the top {}", file, top_k, wanted_top_k));
  }
}

}  // namespace podsim::moe
