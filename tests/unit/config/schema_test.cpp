// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "unit/config/support.h"

namespace podsim::config {
namespace {

using Json = nlohmann::json;
using sample::kMachine;
using sample::Machine;

// A schema as an editor or a validator uses it.
class Validator {
 public:
  explicit Validator(const nlohmann::ordered_json& schema) {
    const Json plain = Json::parse(schema.dump());
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(plain), schema_);
  }
  bool accepts(const Json& document) {
    return validator_.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }

 private:
  valijson::Schema schema_;
  valijson::Validator validator_{valijson::Validator::kStrongTypes};
};

TEST(Schema, SaysWhatTheReaderChecks) {
  const nlohmann::ordered_json schema = config::schema<Machine>("Machine file");
  EXPECT_EQ(schema.at("$schema"), "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema.at("title"), "Machine file");
  EXPECT_EQ(schema.at("additionalProperties"), false);
  const nlohmann::ordered_json& keys = schema.at("properties");
  EXPECT_EQ(keys.at("name").at("description"), "name of the machine");
  EXPECT_EQ(keys.at("scale").at("default"), 1.0);
  EXPECT_EQ(keys.at("scale").at("exclusiveMinimum"), 0);
  EXPECT_EQ(keys.at("chip").at("oneOf").at(0).at("type"), "string");
  EXPECT_EQ(keys.at("chip").at("oneOf").at(1).at("properties").at("cores").at("minimum"), 1);
  EXPECT_EQ(keys.at("dimensions").at("minItems"), 1);
  EXPECT_EQ(keys.at("dimensions").at("items").at("oneOf").at(1).at("properties").at("tiers").at("maximum"),
            3);
  const nlohmann::ordered_json& link = keys.at("links").at("additionalProperties").at("properties");
  EXPECT_EQ(link.at("medium").at("enum").dump(), R"(["board","copper","optics"])");
  EXPECT_EQ(link.at("bandwidth").at("oneOf").at(1).at("required").dump(), R"(["value","source"])");
  EXPECT_EQ(keys.at("group").at("properties").at("groups").at("items").at("$ref"), "#/properties/group");
}

struct Filled {
  std::int64_t lanes = 0;
  void describe(Fields& f) { f.filled("lanes", lanes, "as the pod has", "lanes"); }
};

TEST(Schema, AKeyThatIsFilledInMayBeAbsentFromAFileButNotFromWhatIsRead) {
  const nlohmann::ordered_json schema = config::schema<Filled>("x");
  EXPECT_FALSE(schema.contains("required"));
  EXPECT_EQ(schema.at("properties").at("lanes").at("x-default"), "as the pod has");
  EXPECT_TRUE(Validator(schema).accepts(Json::object()));
  EXPECT_FALSE(Validator(schema).accepts({{"lanes", "x"}}));
  EXPECT_EQ(errors_of<Filled>("{}"), "t.json: missing key \"lanes\" (lanes)");
  Filled four;
  four.lanes = 4;
  EXPECT_EQ(write(four).dump(), R"({"lanes":4})");
  EXPECT_NE(reference_page<Filled>("x").find("| `/lanes` | integer | as the pod has |  | lanes |\n"),
            std::string::npos);
}

struct BadDefault {
  std::int64_t lanes = 0;
  void describe(Fields& f) { f.value_or("lanes", lanes, 0, "lanes").positive(); }
};
struct DescribedTwice {
  std::int64_t lanes = 0;
  void describe(Fields& f) {
    f.required("lanes", lanes, "lanes");
    f.required("lanes", lanes, "lanes");
  }
};

TEST(Schema, CatchesMistakesInDescriptions) {
  EXPECT_THROW(config::schema<BadDefault>("x"), InternalError);
  EXPECT_THROW(config::schema<DescribedTwice>("x"), InternalError);
}

// Every place of a document, as pointers.
void collect(const Json& json, const Json::json_pointer& at, std::vector<Json::json_pointer>& places) {
  places.push_back(at);
  if (json.is_object()) {
    for (const auto& [key, item] : json.items()) collect(item, at / key, places);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) collect(json[i], at / i, places);
  }
}

// One random damage, or harmless change, to a document.
void mutate(Json& document, Random& random) {
  static const std::vector<Json> kValues = {5,
                                            0,
                                            -1,
                                            65,
                                            2,
                                            4.5,
                                            0.25,
                                            "x",
                                            "",
                                            "56GB/s",
                                            "56GHz",
                                            "0GHz",
                                            "0.0Hz",
                                            "2.5GHz",
                                            "175ns",
                                            "64GiB",
                                            "board",
                                            "clos",
                                            "mesh",
                                            true,
                                            nullptr,
                                            Json::array(),
                                            Json::object(),
                                            {1, 2, 3},
                                            {{"name", "g"}},
                                            {{"value", "1GHz"}, {"source", "s"}},
                                            {{"value", 8}, {"source", "s"}},
                                            {{"kind", "clos"}, {"tiers", 3}},
                                            {{"kind", "ring"}}};
  static const std::vector<std::string> kKeys = {"name", "extra", "source",  "value",
                                                 "kind", "lanes", "$schema", "last"};
  std::vector<Json::json_pointer> places;
  collect(document, Json::json_pointer(), places);
  const Json::json_pointer at = places[random.below(places.size())];
  Json& node = document[at];
  const Json& value = kValues[random.below(kValues.size())];
  switch (random.below(4)) {
    case 0:
      if (node.is_object() && !node.empty()) {
        node.erase(std::next(node.begin(), static_cast<std::ptrdiff_t>(random.below(node.size()))));
      }
      break;
    case 1:
      if (node.is_object()) node[kKeys[random.below(kKeys.size())]] = value;
      break;
    case 2:
      if (node.is_array()) node.push_back(value);
      break;
    default:
      node = value;
  }
}

// Rejections that a schema cannot express: what is not on the disk, conditions between fields.
bool is_beyond_a_schema(const std::string& message) {
  std::size_t findings = 1, beyond = 0;
  for (char c : message) findings += c == '\n' ? 1 : 0;
  for (const char* text : {"which is no file", "which names no file", "expected first not to be past last"}) {
    for (std::size_t at = message.find(text); at != std::string::npos; at = message.find(text, at + 1))
      ++beyond;
  }
  return beyond == findings;
}

TEST(Schema, AgreesWithTheReaderOnRandomDocuments) {
  Validator validator(config::schema<Machine>("Machine file"));
  const Json valid = Json::parse(kMachine);
  ASSERT_TRUE(validator.accepts(valid));
  int accepted = 0, rejected = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed, "schema agreement");
    Json document = valid;
    for (std::uint64_t i = 0; i <= random.below(3); ++i) mutate(document, random);
    const std::string errors = errors_of<Machine>(document.dump());
    const bool reads = errors.empty() || is_beyond_a_schema(errors);
    ASSERT_EQ(validator.accepts(document), reads) << "seed " << seed << "\n"
                                                  << document.dump(1) << "\n"
                                                  << errors;
    ++(reads ? accepted : rejected);
  }
  EXPECT_GT(accepted, 500);
  EXPECT_GT(rejected, 500);
}

}  // namespace
}  // namespace podsim::config
