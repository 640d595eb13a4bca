// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "podsim/config/codec.h"

// What one does with a described struct T. Callers of write and schema include <nlohmann/json.hpp>
// themselves; for others the library stays a forward declaration.
namespace podsim::config {

namespace detail {
void read_file(const std::string& path, const Visit& value);
void read_text(std::string_view text, const std::string& name, const Visit& value);
nlohmann::ordered_json write(const Visit& value);
nlohmann::ordered_json schema(const std::string& title, const Visit& value);
std::string reference_page(const std::string& title, const Visit& value);
std::vector<std::string> missing_sources(const Visit& value);

template <class T>
Visit visit_of(T& value) {
  return [&value](Visitor& visitor) { Codec<T>::visit(visitor, value); };
}
}  // namespace detail

// Reads the JSON file at `path` (resolved as a reference is, paths.h). Throws one ConfigError with all that
// is wrong in it and in the files it refers to, a finding per line, in the order of the file.
template <class T>
T load(const std::string& path) {
  T value{};
  detail::read_file(path, detail::visit_of(value));
  return value;
}

// The same from text; `name` stands for the file in messages.
template <class T>
T parse(std::string_view text, const std::string& name) {
  T value{};
  detail::read_text(text, name, detail::visit_of(value));
  return value;
}

// The effective configuration: every field in the order of describe(), defaults and referred files included.
// Reading it back gives the same value.
template <class T, class Json = nlohmann::ordered_json>
Json write(const T& value) {
  T copy = value;
  return detail::write(detail::visit_of(copy));
}

// The JSON Schema (draft-07) of what the reader accepts. It cannot say everything the reader checks: limits
// of quantities, that they are whole numbers of their base unit, and conditions between fields.
template <class T, class Json = nlohmann::ordered_json>
Json schema(const std::string& title) {
  T blank{};
  return detail::schema(title, detail::visit_of(blank));
}

// A Markdown page with a table of every key: path, type, default, range, meaning.
template <class T>
std::string reference_page(const std::string& title) {
  T blank{};
  return detail::reference_page(title, detail::visit_of(blank));
}

// The JSON paths of the Sourced fields of `value` that say no source.
template <class T>
std::vector<std::string> missing_sources(const T& value) {
  T copy = value;
  return detail::missing_sources(detail::visit_of(copy));
}

}  // namespace podsim::config
