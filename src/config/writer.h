// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "podsim/config/visitor.h"

namespace podsim::config {

// Turns a described value into JSON, keys in the order described, references expanded in place.
class Writer : public Visitor {
 public:
  using Json = nlohmann::ordered_json;
  static Json write(const Visit& value);

  void boolean(bool& value) override { result_ = value; }
  void integer(std::int64_t& value) override { result_ = value; }
  void number(double& value) override { result_ = value; }
  void text(std::string& value) override { result_ = value; }
  void quantity(const QuantityType& type, std::int64_t& count) override { result_ = type.print(count); }
  void enumeration(const EnumType& type, std::size_t& index) override { result_ = type.names.at(index); }
  void raw(std::string& json) override { result_ = Json::parse(json); }
  void file(std::string& path, std::string&) override { result_ = path; }
  void array(ArrayView& view) override;
  void map(MapView& view) override;
  void variant(VariantView& view) override;
  void object(std::type_index type, const Visit& fields) override;
  void sourced(std::string& source, const Visit& value) override;
  void reference(std::string& path, const Visit& value) override;
  bool begin_field(const char* key, Presence presence, const char* help, bool has_value) override;
  void end_field() override;

 private:
  struct Field {
    std::string key;
    bool has_value;
  };
  void members(Json start, const Visit& fields);

  Json result_;                // the value visited last
  std::vector<Json> objects_;  // under way, outermost first
  std::vector<Field> fields_;  // under way, one per object at most
};

}  // namespace podsim::config
