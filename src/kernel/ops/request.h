// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "podsim/kernel/op.h"

// Reading what a user asked of an operator. All throw ConfigError with the key, what was found and what was
// expected.
namespace podsim::kernel::ops {

// Shape keys, dtype and options are all of the operator's own, and none that has no fallback is missing.
void check_request(const Op& op, const OpRequest& request);
// The first dtype of the operator if none is asked for.
std::string dtype_of(const Op& op, const OpRequest& request);

std::int64_t shape_value(const OpRequest& request, const std::string& key, std::int64_t fallback,
                         std::int64_t least, std::int64_t most);
std::int64_t option_value(const OpRequest& request, const std::string& key, std::int64_t fallback,
                          std::int64_t least, std::int64_t most);
std::string option_word(const OpRequest& request, const std::string& key, const std::string& fallback,
                        const std::vector<std::string>& allowed);
// Whole numbers, "12:0:7"; or with commas, which a command line takes apart.
std::vector<std::int64_t> option_list(const OpRequest& request, const std::string& key);
std::int64_t parse_integer(const std::string& key, const std::string& text);

}  // namespace podsim::kernel::ops
