// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace podsim::config {

// A Markdown page from a schema of SchemaWriter: a row per key, in the order described. <i> stands for an
// index, <name> for a free key, (kind) for the choice that has the keys below it.
std::string page_from_schema(const nlohmann::ordered_json& schema);

}  // namespace podsim::config
