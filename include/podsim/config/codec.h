// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "podsim/config/values.h"
#include "podsim/config/visitor.h"
#include "podsim/units/units.h"

namespace podsim::config {

// Shows `value` to a visitor through its describe(); defined in fields.h.
template <class T>
void visit_fields(Visitor& visitor, T& value);

// How a value of type T is shown to a visitor. The primary template is for described structs.
template <class T, class Enable = void>
struct Codec {
  static_assert(
      std::is_class_v<T>,
      "a configuration field is bool, std::int64_t, double, std::string, a Quantity, an enum with "
      "EnumNames, a struct with describe(Fields&), or std::vector, std::map, std::variant, Sourced, Ref "
      "of these");
  static void visit(Visitor& visitor, T& value) {
    visitor.object(typeid(T), [&value](Visitor& inner) { visit_fields(inner, value); });
  }
};

template <>
struct Codec<bool> {
  static void visit(Visitor& visitor, bool& value) { visitor.boolean(value); }
};

template <>
struct Codec<std::int64_t> {
  static void visit(Visitor& visitor, std::int64_t& value) { visitor.integer(value); }
};

template <>
struct Codec<double> {
  static void visit(Visitor& visitor, double& value) { visitor.number(value); }
};

template <>
struct Codec<std::string> {
  static void visit(Visitor& visitor, std::string& value) { visitor.text(value); }
};

template <>
struct Codec<Raw> {
  static void visit(Visitor& visitor, Raw& value) { visitor.raw(value.json); }
};

template <>
struct Codec<FilePath> {
  static void visit(Visitor& visitor, FilePath& value) { visitor.file(value.path, value.resolved); }
};

template <class Unit>
struct Codec<Quantity<Unit>> {
  using Q = Quantity<Unit>;
  static std::optional<std::int64_t> parse(std::string_view text) {
    const std::optional<Q> quantity = parse_quantity<Q>(text);
    return quantity ? std::optional(quantity->count()) : std::nullopt;
  }
  static std::string print(std::int64_t count) { return to_string(Q(count)); }
  static void visit(Visitor& visitor, Q& value) {
    std::int64_t count = value.count();
    visitor.quantity({quantity_form<Q>(), &parse, &print}, count);
    value = Q(count);
  }
};

template <class E>
struct Codec<E, std::enable_if_t<std::is_enum_v<E>>> {
  static void visit(Visitor& visitor, E& value) {
    EnumType type{EnumNames<E>::kWhat, {}};
    std::size_t index = 0;
    for (const auto& [enumerator, name] : EnumNames<E>::kNames) {
      if (enumerator == value) index = type.names.size();
      type.names.push_back(name);
    }
    visitor.enumeration(type, index);
    value = EnumNames<E>::kNames[index].first;
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no bool inside");
  class View : public ArrayView {
   public:
    explicit View(std::vector<T>& items) : items_(items) {}
    std::size_t size() const override { return items_.size(); }
    void resize(std::size_t size) override { items_.assign(size, T{}); }
    void visit_item(std::size_t index, Visitor& visitor) override { Codec<T>::visit(visitor, items_[index]); }
    void visit_blank(Visitor& visitor) override {
      T blank{};
      Codec<T>::visit(visitor, blank);
    }

   private:
    std::vector<T>& items_;
  };
  static void visit(Visitor& visitor, std::vector<T>& value) {
    View view(value);
    visitor.array(view);
  }
};

template <class T>
struct Codec<std::map<std::string, T>> {
  class View : public MapView {
   public:
    explicit View(std::map<std::string, T>& items) : items_(items) {}
    std::vector<std::string> keys() const override {
      std::vector<std::string> names;
      for (const auto& item : items_) names.push_back(item.first);
      return names;
    }
    void clear() override { items_.clear(); }
    void visit_item(const std::string& key, Visitor& visitor) override {
      Codec<T>::visit(visitor, items_[key]);
    }
    void visit_blank(Visitor& visitor) override {
      T blank{};
      Codec<T>::visit(visitor, blank);
    }

   private:
    std::map<std::string, T>& items_;
  };
  static void visit(Visitor& visitor, std::map<std::string, T>& value) {
    View view(value);
    visitor.map(view);
  }
};

template <class... Kinds>
struct Codec<std::variant<Kinds...>> {
  using Variant = std::variant<Kinds...>;
  class View : public VariantView {
   public:
    explicit View(Variant& value) : value_(value) {}
    std::vector<const char*> kinds() const override { return {Kinds::kKind...}; }
    std::size_t selected() const override { return value_.index(); }
    void select(std::size_t index) override { select_from(index, std::index_sequence_for<Kinds...>()); }
    void visit_fields(Visitor& visitor) override {
      std::visit([&visitor](auto& kind) { config::visit_fields(visitor, kind); }, value_);
    }

   private:
    template <std::size_t... I>
    void select_from(std::size_t index, std::index_sequence<I...>) {
      static_cast<void>(((index == I && (value_.template emplace<I>(), true)) || ...));
    }
    Variant& value_;
  };
  static void visit(Visitor& visitor, Variant& value) {
    View view(value);
    visitor.variant(view);
  }
};

template <class T>
struct Codec<Sourced<T>> {
  static void visit(Visitor& visitor, Sourced<T>& value) {
    visitor.sourced(value.source, [&value](Visitor& inner) { Codec<T>::visit(inner, value.value); });
  }
};

template <class T>
struct Codec<Ref<T>> {
  static void visit(Visitor& visitor, Ref<T>& value) {
    visitor.reference(value.path, [&value](Visitor& inner) { Codec<T>::visit(inner, value.value); });
  }
};

}  // namespace podsim::config
