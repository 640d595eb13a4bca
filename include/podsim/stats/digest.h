// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace podsim::stats {

// SHA-256 of `text`, 64 hexadecimal digits: what sha256sum says of a file of that content.
std::string sha256(std::string_view text);

}  // namespace podsim::stats
