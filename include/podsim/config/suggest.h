// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podsim::config {

// The known name that `name` is most likely a misspelling of: the least edit distance (insert, delete,
// replace, swap neighbours), if that is no more than a third of the longer name and at least one letter; ties
// go to the first. Empty when nothing is near.
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& known);

// The end of a message about an unknown name: `nearest is "board"`, or `known are "board", "optics"`.
std::string known_names(std::string_view name, const std::vector<std::string>& known);

// "a", "b", "c"
std::string quoted_list(const std::vector<std::string>& names);

}  // namespace podsim::config
