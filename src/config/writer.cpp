// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "config/writer.h"

#include <utility>

namespace podsim::config {

Writer::Json Writer::write(const Visit& value) {
  Writer writer;
  value(writer);
  return std::move(writer.result_);
}

void Writer::array(ArrayView& view) {
  Json items = Json::array();
  for (std::size_t i = 0; i < view.size(); ++i) {
    view.visit_item(i, *this);
    items.push_back(std::move(result_));
  }
  result_ = std::move(items);
}

void Writer::map(MapView& view) {
  Json items = Json::object();
  for (const std::string& key : view.keys()) {
    view.visit_item(key, *this);
    items[key] = std::move(result_);
  }
  result_ = std::move(items);
}

void Writer::variant(VariantView& view) {
  Json start = Json::object();
  start["kind"] = view.kinds().at(view.selected());
  members(std::move(start), [&view](Visitor& inner) { view.visit_fields(inner); });
}

void Writer::object(std::type_index, const Visit& fields) {
  members(Json::object(), fields);
}

void Writer::members(Json start, const Visit& fields) {
  objects_.push_back(std::move(start));
  fields(*this);
  result_ = std::move(objects_.back());
  objects_.pop_back();
}

void Writer::sourced(std::string& source, const Visit& value) {
  value(*this);
  if (source.empty()) return;
  Json form = Json::object();
  form["value"] = std::move(result_);
  form["source"] = source;
  result_ = std::move(form);
}

void Writer::reference(std::string&, const Visit& value) {
  value(*this);
}

bool Writer::begin_field(const char* key, Presence, const char*, bool has_value) {
  fields_.push_back({key, has_value});
  return has_value;
}

void Writer::end_field() {
  if (fields_.back().has_value) objects_.back()[fields_.back().key] = std::move(result_);
  fields_.pop_back();
}

}  // namespace podsim::config
