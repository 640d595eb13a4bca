// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "config/reference_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace podsim::config {
namespace {

using Json = nlohmann::ordered_json;

bool is_sourced(const Json& form) {
  return form.contains("properties") && form["properties"].contains("source") &&
         form["properties"].contains("value") && form["properties"].size() == 2;
}

bool is_reference(const Json& schema) {
  return schema.contains("oneOf") && schema["oneOf"][0].value("title", "") == "path of a JSON file";
}

bool is_sourced_choice(const Json& schema) {
  return schema.contains("oneOf") && schema["oneOf"].size() == 2 && is_sourced(schema["oneOf"][1]);
}

std::string kind_of(const Json& form) {
  return form["properties"]["kind"]["const"].get<std::string>();
}

std::string type_name(const Json& schema) {
  if (schema.contains("$ref")) return "as above, nested";
  if (is_sourced_choice(schema)) return type_name(schema["oneOf"][0]) + ", with source";
  if (is_reference(schema)) return type_name(schema["oneOf"][1]) + " or the path of a file that has it";
  if (schema.contains("oneOf")) return "object with kind";
  if (schema.contains("enum")) {
    std::vector<std::string> names = schema["enum"].get<std::vector<std::string>>();
    for (std::string& name : names) name = "`" + name + "`";
    return fmt::format("{}: {}", schema.value("title", ""), fmt::join(names, ", "));
  }
  if (schema.contains("examples")) {
    return fmt::format("{} (`{}`)", schema.value("title", ""), schema["examples"][0].get<std::string>());
  }
  if (schema.contains("title")) return schema["title"].get<std::string>();
  const std::string type = schema.value("type", "");
  if (type == "array") return "array of " + type_name(schema["items"]);
  const bool is_map = schema.contains("additionalProperties") && schema["additionalProperties"].is_object();
  return is_map ? "map of " + type_name(schema["additionalProperties"]) : type;
}

std::string range_of(const Json& schema) {
  if (is_sourced_choice(schema)) return range_of(schema["oneOf"][0]);
  if (schema.contains("items")) {
    const std::string size = schema.contains("minItems") ? "not empty" : "";
    const std::string each = range_of(schema["items"]);
    return size + (size.empty() || each.empty() ? "" : ", ") + (each.empty() ? "" : "each " + each);
  }
  if (schema.contains("x-range")) return schema["x-range"].get<std::string>();
  if (schema.contains("minLength") || schema.contains("minProperties")) return "not empty";
  if (schema.contains("exclusiveMinimum")) return "more than 0";
  const bool low = schema.contains("minimum"), high = schema.contains("maximum");
  if (low && high) return fmt::format("{} to {}", schema["minimum"].dump(), schema["maximum"].dump());
  if (low) return "at least " + schema["minimum"].dump();
  return high ? "at most " + schema["maximum"].dump() : "";
}

std::string escaped(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  return text;
}

class Page {
 public:
  // The keys below `path`.
  void add_keys(const std::string& path, const Json& schema) {
    if (is_sourced_choice(schema)) {
      add_keys(path, schema["oneOf"][0]);
    } else if (is_reference(schema)) {
      add_keys(path, schema["oneOf"][1]);
    } else if (schema.contains("oneOf")) {
      for (const Json& form : schema["oneOf"]) add_keys(fmt::format("{}({})", path, kind_of(form)), form);
    } else if (schema.contains("properties")) {
      add_properties(path, schema);
    } else if (schema.contains("items")) {
      add_keys(path + "/<i>", schema["items"]);
    } else if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object()) {
      add_keys(path + "/<name>", schema["additionalProperties"]);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void add_properties(const std::string& path, const Json& schema) {
    const Json required = schema.value("required", Json::array());
    for (const auto& [key, property] : schema["properties"].items()) {
      if (key == "$schema" || key == "kind") continue;
      const bool is_required = std::find(required.begin(), required.end(), key) != required.end();
      add_row(path + "/" + key, property, is_required ? "required" : "");
      add_keys(path + "/" + key, property);
    }
  }
  void add_row(const std::string& path, const Json& property, std::string fallback) {
    if (property.contains("default")) fallback = "`" + property["default"].dump() + "`";
    fallback = property.value("x-default", fallback);
    text_ += fmt::format("| `{}` | {} | {} | {} | {} |\n", escaped(path), escaped(type_name(property)),
                         escaped(fallback), escaped(range_of(property)),
                         escaped(property.value("description", "")));
  }

  std::string text_;
};

}  // namespace

std::string page_from_schema(const Json& schema) {
  Page page;
  page.add_keys("", schema);
  return fmt::format(
      "# {}\n\nKeys without a default that are not required may be left out. `<i>` is an index, `<name>` a "
      "free "
      "name; a name in brackets is the `kind` that has the key.\n\n"
      "| key | type | default | range | meaning |\n|---|---|---|---|---|\n{}",
      schema.value("title", ""), page.take());
}

}  // namespace podsim::config
