// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/node.h"
#include "config/writer.h"
#include "podsim/base/error.h"

namespace podsim::config {
namespace {

using Json = nlohmann::ordered_json;

Json number_of(const Limit& limit) {
  if (const auto* whole = std::get_if<std::int64_t>(&limit.number)) return *whole;
  if (const auto* real = std::get_if<double>(&limit.number)) return *real;
  return nullptr;
}

// Quantities are strings to a schema: their ranges go into "x-range", for people.
void restrict_quantity(Json& schema, const Rule& rule) {
  if (rule.kind == Rule::Kind::Positive) {
    schema["not"] = {{"pattern", "^[0.]+[A-Za-z]"}};
    schema["x-range"] = "more than 0";
  } else if (rule.low && rule.high) {
    schema["x-range"] = fmt::format("{} to {}", rule.low->text, rule.high->text);
  } else {
    schema["x-range"] = rule.low ? "at least " + rule.low->text : "at most " + rule.high->text;
  }
}

void restrict_number(Json& schema, const Rule& rule) {
  if (rule.kind == Rule::Kind::Positive) {
    if (schema["type"] == "integer") {
      schema["minimum"] = 1;
    } else {
      schema["exclusiveMinimum"] = 0;
    }
  }
  if (rule.low) schema["minimum"] = number_of(*rule.low);
  if (rule.high) schema["maximum"] = number_of(*rule.high);
}

void restrict_size(Json& schema) {
  const std::string type = schema.value("type", "");
  schema[type == "string" ? "minLength" : type == "array" ? "minItems" : "minProperties"] = 1;
}

// Puts a rule where it belongs: both forms of a sourced value, the items of an array.
void restrict(Json& schema, const Rule& rule, bool at_items) {
  if (const auto forms = schema.find("oneOf"); forms != schema.end()) {
    for (Json& form : *forms) {
      const bool is_sourced = form.contains("properties") && form["properties"].contains("source");
      restrict(is_sourced ? form["properties"]["value"] : form, rule, at_items);
    }
  } else if (at_items) {
    restrict(schema["items"], rule, false);
  } else if (rule.kind == Rule::Kind::NonEmpty) {
    restrict_size(schema);
  } else if (schema.value("type", "") == "string") {
    restrict_quantity(schema, rule);
  } else {
    restrict_number(schema, rule);
  }
}

// A file may name its schema, for editors.
void allow_schema_key(Json& schema) {
  if (schema.contains("oneOf")) {
    for (Json& form : schema["oneOf"]) allow_schema_key(form);
  } else if (schema.value("type", "") == "object") {
    schema["properties"]["$schema"] = Json::object();
  }
}

}  // namespace

Json SchemaWriter::write(const std::string& title, const Visit& value) {
  SchemaWriter writer;
  value(writer);
  Json whole = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  allow_schema_key(writer.result_);
  for (const auto& [key, item] : writer.result_.items()) whole[key] = item;
  return whole;
}

void SchemaWriter::boolean(bool&) {
  result_ = {{"type", "boolean"}};
}

void SchemaWriter::integer(std::int64_t&) {
  result_ = {{"type", "integer"}};
}

void SchemaWriter::number(double&) {
  result_ = {{"type", "number"}};
}

void SchemaWriter::text(std::string&) {
  result_ = {{"type", "string"}};
}

void SchemaWriter::quantity(const QuantityType& type, std::int64_t&) {
  result_ = {{"type", "string"},
             {"title", type.form.name},
             {"pattern", type.form.pattern},
             {"examples", Json::array({type.form.example})}};
}

void SchemaWriter::enumeration(const EnumType& type, std::size_t&) {
  result_ = {{"type", "string"}, {"title", type.what}, {"enum", type.names}};
}

void SchemaWriter::raw(std::string&) {
  result_ = {{"title", "any JSON"}};
}

void SchemaWriter::file(std::string&, std::string&) {
  result_ = {{"type", "string"}, {"title", "path of a file"}};
}

template <class Body>
Json SchemaWriter::at(const std::string& token, const Body& body) {
  const std::size_t depth = place_.size();
  place_.push_back(token);
  body();
  place_.resize(depth);
  return std::move(result_);
}

void SchemaWriter::array(ArrayView& view) {
  const Json items = at("items", [&] { view.visit_blank(*this); });
  result_ = {{"type", "array"}, {"items", items}};
}

void SchemaWriter::map(MapView& view) {
  const Json items = at("additionalProperties", [&] { view.visit_blank(*this); });
  result_ = {{"type", "object"}, {"additionalProperties", items}};
}

void SchemaWriter::variant(VariantView& view) {
  const std::vector<const char*> kinds = view.kinds();
  Json forms = Json::array();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    view.select(i);
    const Json kind = {{"kind", {{"const", kinds[i]}}}};
    forms.push_back(at(fmt::format("oneOf/{}", i),
                       [&] { members(kind, [&view](Visitor& inner) { view.visit_fields(inner); }); }));
  }
  result_ = {{"oneOf", forms}};
}

// A type inside itself points back to the schema it stands in.
void SchemaWriter::object(std::type_index type, const Visit& fields) {
  const auto open = std::find_if(open_types_.begin(), open_types_.end(),
                                 [type](const auto& other) { return other.first == type; });
  if (open != open_types_.end()) {
    result_ = {{"$ref", open->second}};
    return;
  }
  open_types_.emplace_back(type, fmt::format("#{}{}", place_.empty() ? "" : "/", fmt::join(place_, "/")));
  members(Json::object(), fields);
  open_types_.pop_back();
}

void SchemaWriter::members(Json first_properties, const Visit& fields) {
  objects_.push_back({std::move(first_properties), Json::array()});
  Object& start = objects_.back();
  for (const auto& item : start.properties.items()) start.required.push_back(item.key());
  fields(*this);
  Object object = std::move(objects_.back());
  objects_.pop_back();
  result_ = {{"type", "object"}, {"properties", std::move(object.properties)}};
  if (!object.required.empty()) result_["required"] = std::move(object.required);
  result_["additionalProperties"] = false;
}

void SchemaWriter::sourced(std::string&, const Visit& value) {
  Json plain = at("oneOf/0", [&] { value(*this); });
  const Json source = {{"type", "string"}, {"minLength", 1}, {"description", "where the value comes from"}};
  Json form = {{"type", "object"},
               {"properties", {{"value", plain}, {"source", source}}},
               {"required", {"value", "source"}},
               {"additionalProperties", false}};
  result_ = Json::object();
  result_["oneOf"] = Json::array({std::move(plain), std::move(form)});
}

void SchemaWriter::reference(std::string&, const Visit& value) {
  const Json path = {{"type", "string"}, {"title", "path of a JSON file"}};
  Json inlined = at("oneOf/1", [&] { value(*this); });
  result_ = Json::object();
  result_["oneOf"] = Json::array({path, std::move(inlined)});
}

bool SchemaWriter::begin_field(const char* key, Presence presence, const char* help, bool) {
  Object& object = objects_.back();
  PODSIM_CHECK(!object.properties.contains(key), "configuration key \"{}\" is described twice", key);
  object.key = key;
  object.help = help;
  object.presence = presence;
  if (presence == Presence::Required) object.required.push_back(key);
  place_.push_back("properties");
  place_.push_back(pointer_token(key));
  return presence != Presence::Defaulted;  // a defaulted field becomes its default, and is visited as that
}

void SchemaWriter::end_field() {
  place_.resize(place_.size() - 2);
  Object& object = objects_.back();
  Json& property = object.properties[object.key] = Json::object();
  property["description"] = object.help;
  for (const auto& [key, item] : result_.items()) property[key] = item;
}

void SchemaWriter::default_value(const Visit& value) {
  const Json written = Writer::write(value);
  value(*this);
  result_["default"] = written;
}

// A schema's "default" is a value; "x-default" is for people.
void SchemaWriter::default_words(const char* words) {
  result_["x-default"] = words;
}

void SchemaWriter::rule(const Rule& rule) {
  Object& object = objects_.back();
  PODSIM_CHECK(rule.holds || object.presence != Presence::Defaulted,
               "the default of configuration key \"{}\" breaks the key's own rule", object.key);
  restrict(object.properties[object.key], rule, rule.each_item);
}

}  // namespace podsim::config
