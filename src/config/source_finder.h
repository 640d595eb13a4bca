// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/config/visitor.h"

namespace podsim::config {

// Walks a described value and notes the JSON paths of the sourced fields that name no source.
class SourceFinder : public Visitor {
 public:
  static std::vector<std::string> find(const Visit& value);

  void boolean(bool&) override {}
  void integer(std::int64_t&) override {}
  void number(double&) override {}
  void text(std::string&) override {}
  void quantity(const QuantityType&, std::int64_t&) override {}
  void enumeration(const EnumType&, std::size_t&) override {}
  void raw(std::string&) override {}
  void file(std::string&, std::string&) override {}
  void array(ArrayView& view) override;
  void map(MapView& view) override;
  void variant(VariantView& view) override;
  void object(std::type_index type, const Visit& fields) override;
  void sourced(std::string& source, const Visit& value) override;
  void reference(std::string& path, const Visit& value) override;
  bool begin_field(const char* key, Presence presence, const char* help, bool has_value) override;
  void end_field() override;

 private:
  std::vector<std::string> tokens_;
  std::vector<std::string> found_;
};

}  // namespace podsim::config
