// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

// The pages and schemas that are made of what the code declares: a test holds the committed ones to it.
namespace podsim::app {

struct Document {
  std::string path;  // from the root of the source tree, "docs/results.md"
  std::string text;
};

// docs/results.md, docs/configuration.md and schemas/*.schema.json.
std::vector<Document> generated_documents();

}  // namespace podsim::app
