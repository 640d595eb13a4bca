// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

#include "podsim/config/visitor.h"

namespace podsim::config {

// Turns a described type into JSON Schema (draft-07). The value it visits is a blank one, except that absent
// defaulted fields hold their defaults, which lets it hold those to the field's own rules.
class SchemaWriter : public Visitor {
 public:
  using Json = nlohmann::ordered_json;
  static Json write(const std::string& title, const Visit& value);

  void boolean(bool& value) override;
  void integer(std::int64_t& value) override;
  void number(double& value) override;
  void text(std::string& value) override;
  void quantity(const QuantityType& type, std::int64_t& count) override;
  void enumeration(const EnumType& type, std::size_t& index) override;
  void raw(std::string& json) override;
  void file(std::string& path, std::string& resolved) override;
  void array(ArrayView& view) override;
  void map(MapView& view) override;
  void variant(VariantView& view) override;
  void object(std::type_index type, const Visit& fields) override;
  void sourced(std::string& source, const Visit& value) override;
  void reference(std::string& path, const Visit& value) override;
  bool begin_field(const char* key, Presence presence, const char* help, bool has_value) override;
  void end_field() override;
  void default_value(const Visit& value) override;
  void default_words(const char* words) override;
  void rule(const Rule& rule) override;

 private:
  struct Object {
    Json properties = Json::object();
    Json required = Json::array();
    std::string key{};  // the last field
    std::string help{};
    Presence presence = Presence::Required;
  };
  // `body` leaves a schema in result_ that will stand at `token` below the present place.
  template <class Body>
  Json at(const std::string& token, const Body& body);
  void members(Json first_properties, const Visit& fields);

  Json result_;                     // the schema of the type visited last
  std::vector<std::string> place_;  // where it will stand in the whole, as tokens of a JSON pointer
  std::vector<Object> objects_;     // under way, outermost first
  std::vector<std::pair<std::type_index, std::string>> open_types_;  // and where their schemas stand
};

}  // namespace podsim::config
