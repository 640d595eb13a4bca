// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace podsim::app {
namespace {

using testing::HasSubstr;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(Documents, TheCommittedOnesAreWhatTheCodeDeclares) {
  for (const Document& document : generated_documents())
    EXPECT_TRUE(content(std::string(PODSIM_SOURCE_DIR "/") + document.path) == document.text)
        << document.path << " is stale: run `podsim docs` in the source tree";
}

TEST(Documents, EverySchemaIsAnObjectWithProperties) {
  std::size_t schemas = 0;
  for (const Document& document : generated_documents()) {
    if (document.path.find("schemas/") != 0) continue;
    ++schemas;
    const auto schema = nlohmann::json::parse(document.text);
    EXPECT_EQ(schema.value("$schema", ""), "http://json-schema.org/draft-07/schema#") << document.path;
  }
  EXPECT_EQ(schemas, 13U);
}

TEST(Documents, TheResultsPageExplainsEveryKindOfFigure) {
  const std::string page = generated_documents().front().text;
  EXPECT_THAT(page, HasSubstr("| `moe_layer.latency_us` | us | "));
  EXPECT_THAT(page, HasSubstr("| `card.exposed_us` (*distribution*) | us | "));
  EXPECT_THAT(page, HasSubstr("`links.csv`"));
  EXPECT_THAT(page, HasSubstr("| `hop_events_per_s` | 1/s | "));
}

}  // namespace
}  // namespace podsim::app
