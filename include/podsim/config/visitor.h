// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <variant>
#include <vector>

#include "podsim/units/units.h"

// What a configuration looks like to the code that reads, writes or documents it, whatever its C++ types: a
// component's describe() goes through Fields (fields.h) and Codec (codec.h) to one of these visitors.
// The JSON library stays behind them, out of every component's compile.
namespace podsim::config {

class Visitor;
using Visit = std::function<void(Visitor&)>;

// Filled: required to read, but put there by whoever loads the file when it is absent.
enum class Presence : std::uint8_t { Required, Defaulted, Optional, Filled };

// The names of an enumeration, in the order of EnumNames; values travel as indices into them.
struct EnumType {
  const char* what;
  std::vector<const char*> names;
};

// How a Quantity is read and printed.
struct QuantityType {
  QuantityForm form;
  std::optional<std::int64_t> (*parse)(std::string_view text);
  std::string (*print)(std::int64_t count);
};

// std::vector as a visitor sees it.
class ArrayView {
 public:
  virtual ~ArrayView() = default;
  virtual std::size_t size() const = 0;
  virtual void resize(std::size_t size) = 0;
  virtual void visit_item(std::size_t index, Visitor& visitor) = 0;
  virtual void visit_blank(Visitor& visitor) = 0;  // a default-constructed item, for schemas
};

// std::map<std::string, T> as a visitor sees it.
class MapView {
 public:
  virtual ~MapView() = default;
  virtual std::vector<std::string> keys() const = 0;
  virtual void clear() = 0;
  virtual void visit_item(const std::string& key, Visitor& visitor) = 0;  // inserts a missing one
  virtual void visit_blank(Visitor& visitor) = 0;
};

// std::variant of described structs, told apart by the key "kind".
class VariantView {
 public:
  virtual ~VariantView() = default;
  virtual std::vector<const char*> kinds() const = 0;
  virtual std::size_t selected() const = 0;
  virtual void select(std::size_t index) = 0;       // default-constructs that alternative
  virtual void visit_fields(Visitor& visitor) = 0;  // the fields of the selected one, without "kind"
};

// One end of a permitted range. `number` is what a schema can say: quantities are strings there, so have
// none.
struct Limit {
  std::string text;
  std::variant<std::monostate, std::int64_t, double> number;
};

// A condition on the field just visited.
struct Rule {
  enum class Kind : std::uint8_t { Range, Positive, NonEmpty };
  Kind kind = Kind::Range;
  std::optional<Limit> low;         // inclusive
  std::optional<Limit> high;        // inclusive
  bool holds = true;                // for the field's present value
  std::optional<std::size_t> item;  // the first item of a vector that breaks it
  bool each_item = false;           // the rule is about the items of a vector
};

class Visitor {
 public:
  Visitor() = default;
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;
  virtual ~Visitor() = default;

  virtual void boolean(bool& value) = 0;
  virtual void integer(std::int64_t& value) = 0;
  virtual void number(double& value) = 0;
  virtual void text(std::string& value) = 0;
  virtual void quantity(const QuantityType& type, std::int64_t& count) = 0;
  virtual void enumeration(const EnumType& type, std::size_t& index) = 0;
  // Any JSON, kept as its text.
  virtual void raw(std::string& json) = 0;
  // The path of a file that is not configuration: as written, and where it was found.
  virtual void file(std::string& path, std::string& resolved) = 0;
  virtual void array(ArrayView& view) = 0;
  virtual void map(MapView& view) = 0;
  virtual void variant(VariantView& view) = 0;
  // An object of described fields; `type` tells a type that contains itself.
  virtual void object(std::type_index type, const Visit& fields) = 0;
  // A value with the place it comes from: plain, or {"value", "source"}.
  virtual void sourced(std::string& source, const Visit& value) = 0;
  // An object that may stand in a file of its own.
  virtual void reference(std::string& path, const Visit& value) = 0;

  // The fields of the object under way, in order: begin_field, the value if that said true, end_field, then
  // the rules of that field. `has_value` is false for an empty std::optional.
  virtual bool begin_field(const char* key, Presence presence, const char* help, bool has_value) = 0;
  virtual void end_field() = 0;
  virtual void default_value(const Visit& value) { static_cast<void>(value); }
  // What a filled field defaults to, in words.
  virtual void default_words(const char* words) { static_cast<void>(words); }
  virtual void rule(const Rule& rule) { static_cast<void>(rule); }
  virtual void check(bool holds, const std::string& message) {
    static_cast<void>(holds);
    static_cast<void>(message);
  }
};

}  // namespace podsim::config
