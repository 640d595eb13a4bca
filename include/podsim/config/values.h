// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podsim::config {

// A constant with the place it comes from. JSON: {"value": "56GB/s", "source": "..."}, or the plain value,
// which leaves `source` empty; presets are refused without one (missing_sources).
template <class T>
struct Sourced {
  T value{};
  std::string source{};
};

// A T that may stand in a file of its own. JSON: the path of that file, or the object itself.
// `path` is as the user wrote it, empty when the object stood inline.
template <class T>
struct Ref {
  T value{};
  std::string path{};

  T* operator->() { return &value; }
  const T* operator->() const { return &value; }
  T& operator*() { return value; }
  const T& operator*() const { return value; }
};

// Any JSON value, kept as compact text: what a list of overrides holds.
struct Raw {
  std::string json = "null";
};

// The path of a file that is not configuration, such as a trace. JSON: a string. Reading finds the file as a
// reference is found (paths.h), and one that is not there is an error; `resolved` is where it is. Empty:
// none.
struct FilePath {
  std::string path{};
  std::string resolved{};

  bool empty() const { return path.empty(); }
};

// The names of an enumeration in JSON. A specialisation has
//   static constexpr const char* kWhat = "medium";
//   static constexpr std::array kNames{std::pair{Medium::Board, "board"}, std::pair{Medium::Optics,
//   "optics"}};
template <class E>
struct EnumNames;

// The name of an enumerator; it must be among EnumNames<E>.
template <class E>
constexpr const char* enum_name(E value) {
  for (const auto& [enumerator, name] : EnumNames<E>::kNames) {
    if (enumerator == value) return name;
  }
  return "";
}

// The enumerator of a name, if there is one.
template <class E>
std::optional<E> enum_from_name(std::string_view text) {
  for (const auto& [enumerator, name] : EnumNames<E>::kNames) {
    if (text == name) return enumerator;
  }
  return std::nullopt;
}

}  // namespace podsim::config
