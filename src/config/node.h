// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "podsim/config/paths.h"

namespace podsim::config {

// Where a piece of JSON comes from.
struct Origin {
  std::string name;              // what messages call it: the file as the user gave it, or the --set argument
  std::filesystem::path folder;  // relative references in it are looked for here too; may be empty
  std::string base;              // the JSON pointer of the piece in what `name` says
  std::filesystem::path file{};  // canonical, to find reference cycles; empty when it is not a whole file
};

// JSON as it was written: objects keep their order and their duplicate keys, and every piece knows its file.
struct Node {
  struct Float {
    double value;
    bool is_integer;  // written as an integer, but beyond 64 bits
  };
  struct Member;
  using Array = std::vector<Node>;
  using Object = std::vector<Member>;
  using Value = std::variant<std::nullptr_t, bool, std::int64_t, Float, std::string, Array, Object>;

  Value value = nullptr;
  std::shared_ptr<const Origin> origin{};  // set where a piece from elsewhere begins, and at the root

  const std::string* text() const { return std::get_if<std::string>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }
  Array* array() { return std::get_if<Array>(&value); }
  const Object* object() const { return std::get_if<Object>(&value); }
  Object* object() { return std::get_if<Object>(&value); }
  // The first member of that name; null when there is none or this is no object.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Node::Member {
  std::string key;
  Node node;
};

// Parses JSON text, at most kDeepestNesting levels deep. Throws ConfigError with line and column.
inline constexpr std::size_t kDeepestNesting = 64;
Node parse_node(std::string_view text, std::shared_ptr<const Origin> origin);

// Opens and parses a file that `path`, written in a file of folder `mentioned_in`, names. Throws ConfigError.
Node load_node(const std::string& path, const std::filesystem::path& mentioned_in);
// Why resolve_path found no file: "is a folder" or "is no file (looked in ...)".
std::string why_not_found(const Resolution& found);

// An integer of the library, as a Node holds it.
Node::Value integer_or_float(std::uint64_t value);
nlohmann::ordered_json to_json(const Node& node);
Node from_json(const nlohmann::ordered_json& json);

// The value for a message: scalars as JSON, shortened, on one line; "an array of 3 items", "an object".
std::string got(const Node& node);

// One key or index as a JSON pointer has it, with the escapes ~0 and ~1, on one line.
std::string pointer_token(std::string_view key);
// "configs/x.json: /machine/pod: " or "configs/x.json: "
std::string place(const Origin& origin, std::string_view path);

}  // namespace podsim::config
