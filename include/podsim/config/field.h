// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "podsim/config/values.h"
#include "podsim/config/visitor.h"
#include "podsim/units/units.h"

namespace podsim::config {

// What rules look at inside a field: the value of a Sourced, an optional or a Ref.
template <class T>
struct Bare {
  using Type = T;
  static const Type* of(const T& field) { return &field; }
};
template <class T>
struct Bare<Sourced<T>> {
  using Type = typename Bare<T>::Type;
  static const Type* of(const Sourced<T>& field) { return Bare<T>::of(field.value); }
};
template <class T>
struct Bare<Ref<T>> {
  using Type = T;
  static const Type* of(const Ref<T>& field) { return &field.value; }
};
template <class T>
struct Bare<std::optional<T>> {
  using Type = typename Bare<T>::Type;
  static const Type* of(const std::optional<T>& field) { return field ? Bare<T>::of(*field) : nullptr; }
};

// The number that a range is about: the field itself, or each item of a vector.
template <class T>
struct Ranged {
  using Type = T;
  static constexpr bool kEachItem = false;
};
template <class T>
struct Ranged<std::vector<T>> {
  using Type = typename Bare<T>::Type;
  static constexpr bool kEachItem = true;
};

inline Limit limit_of(std::int64_t value) {
  return {fmt::format("{}", value), value};
}
inline Limit limit_of(double value) {
  return {fmt::format("{}", value), value};
}
template <class Unit>
Limit limit_of(Quantity<Unit> value) {
  return {to_string(value), {}};
}

// The rules of one field; each is an error when the value read breaks it, and goes into the schema.
template <class T>
class Field {
 public:
  using Number = typename Ranged<T>::Type;

  Field(Visitor& visitor, const T* value) : visitor_(visitor), value_(value) {}

  // Inclusive limits; on a vector they hold for every item.
  Field& at_least(Number low) {
    return range(limit_of(low), std::nullopt, [low](Number v) { return v >= low; });
  }
  Field& at_most(Number high) {
    return range(std::nullopt, limit_of(high), [high](Number v) { return v <= high; });
  }
  Field& between(Number low, Number high) {
    return range(limit_of(low), limit_of(high), [low, high](Number v) { return v >= low && v <= high; });
  }
  // Greater than zero; on a vector, every item.
  Field& positive() {
    Rule rule;
    rule.kind = Rule::Kind::Positive;
    return numeric(rule, [](Number v) { return v > Number{}; });
  }
  // A string, vector or map with something in it.
  Field& non_empty() {
    Rule rule;
    rule.kind = Rule::Kind::NonEmpty;
    rule.holds = value_ == nullptr || !value_->empty();
    visitor_.rule(rule);
    return *this;
  }

 private:
  template <class Holds>
  Field& range(std::optional<Limit> low, std::optional<Limit> high, const Holds& holds) {
    Rule rule;
    rule.low = std::move(low);
    rule.high = std::move(high);
    return numeric(rule, holds);
  }

  template <class Holds>
  Field& numeric(Rule rule, const Holds& holds) {
    rule.each_item = Ranged<T>::kEachItem;
    if constexpr (Ranged<T>::kEachItem) {
      for (std::size_t i = 0; value_ != nullptr && rule.holds && i < value_->size(); ++i) {
        const Number* item = Bare<typename T::value_type>::of((*value_)[i]);
        rule.holds = item == nullptr || holds(*item);
        if (!rule.holds) rule.item = i;
      }
    } else {
      rule.holds = value_ == nullptr || holds(*value_);
    }
    visitor_.rule(rule);
    return *this;
  }

  Visitor& visitor_;
  const T* value_;  // null: an optional that is absent
};

}  // namespace podsim::config
