// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "podsim/config/codec.h"

namespace podsim::config {

struct Node;

// A configuration file before it is read into a struct: keys can still be set. Pointers are JSON pointers
// ("/machine/pod/dimensions/0/link"); they walk through references: where a deeper path is asked of a string
// that names a file, that file's content is meant. What came from another file keeps its name and folder, for
// messages and for the references in it.
class Document {
 public:
  // Throws ConfigError when the file cannot be opened or is not JSON.
  static Document load(const std::string& path);
  static Document parse(std::string_view text, const std::string& name);

  Document(const Document& other);
  Document(Document&& other) noexcept;
  Document& operator=(const Document& other);
  Document& operator=(Document&& other) noexcept;
  ~Document();

  // Applies one --set argument, "/json/pointer=value". The value is JSON if it is valid JSON, a string
  // otherwise; null removes the key. "-" or the size as an index appends to an array; missing objects on the
  // way are made (a misspelt one is then an unknown key to the reader). A {"value", "source"} object that
  // gets a plain value keeps its form, with the command line as the source. Throws ConfigError when the
  // pointer leads nowhere.
  void apply_set(std::string_view assignment);
  // The same from a pointer and a JSON value, as a list of overrides in a file has them.
  void set(std::string_view pointer, const Raw& value);

  bool contains(std::string_view pointer) const;
  // The value there, with references as they stand; empty when there is none.
  std::optional<nlohmann::ordered_json> get(std::string_view pointer) const;
  // Puts `value` there unless there is something already.
  void insert_default(std::string_view pointer, const nlohmann::ordered_json& value);
  // Puts what is at `from` at `to` too, unless there is something already or nothing at `from`. Unlike get
  // and insert_default, it keeps the file that a relative path in the value starts from.
  void copy_default(std::string_view to, std::string_view from);

  // Reads the document as a T; errors as load<T>.
  template <class T>
  T read() const {
    T value{};
    read_into([&value](Visitor& visitor) { Codec<T>::visit(visitor, value); });
    return value;
  }

 private:
  explicit Document(Node root);
  void read_into(const Visit& value) const;

  std::unique_ptr<Node> root_;
};

}  // namespace podsim::config
