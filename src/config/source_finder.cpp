// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "config/source_finder.h"

#include <utility>

#include "config/node.h"

namespace podsim::config {

std::vector<std::string> SourceFinder::find(const Visit& value) {
  SourceFinder finder;
  value(finder);
  return std::move(finder.found_);
}

void SourceFinder::array(ArrayView& view) {
  for (std::size_t i = 0; i < view.size(); ++i) {
    tokens_.push_back(std::to_string(i));
    view.visit_item(i, *this);
    tokens_.pop_back();
  }
}

void SourceFinder::map(MapView& view) {
  for (const std::string& key : view.keys()) {
    tokens_.push_back(pointer_token(key));
    view.visit_item(key, *this);
    tokens_.pop_back();
  }
}

void SourceFinder::variant(VariantView& view) {
  view.visit_fields(*this);
}

void SourceFinder::object(std::type_index, const Visit& fields) {
  fields(*this);
}

void SourceFinder::sourced(std::string& source, const Visit& value) {
  if (source.empty()) {
    std::string path;
    for (const std::string& token : tokens_) path += "/" + token;
    found_.push_back(path);
  }
  value(*this);
}

void SourceFinder::reference(std::string&, const Visit& value) {
  value(*this);
}

bool SourceFinder::begin_field(const char* key, Presence, const char*, bool has_value) {
  tokens_.push_back(pointer_token(key));
  return has_value;
}

void SourceFinder::end_field() {
  tokens_.pop_back();
}

}  // namespace podsim::config
