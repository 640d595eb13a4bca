// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "podsim/config/codec.h"
#include "podsim/config/document.h"
#include "podsim/config/field.h"
#include "podsim/config/values.h"
#include "podsim/config/verbs.h"
#include "podsim/config/visitor.h"

namespace podsim::config {

// What a configuration struct says about itself, once, for reading, writing, JSON Schema and documentation:
//
//   void describe(config::Fields& f) {
//     f.required("bandwidth", bandwidth, "payload rate of one direction").at_least(1_MBps);
//     f.value_or("lanes", lanes, 4, "SerDes lanes of one direction").between(1, 64);
//     f.optional("length_delay", length_delay, "extra propagation delay");
//   }
//
// Keys and helps are string literals. Reading leaves a struct that had errors half-filled; its reader throws.
class Fields {
 public:
  explicit Fields(Visitor& visitor) : visitor_(visitor) {}

  template <class T>
  Field<typename Bare<T>::Type> required(const char* key, T& field, const char* help) {
    if (visitor_.begin_field(key, Presence::Required, help, true)) Codec<T>::visit(visitor_, field);
    return finish(field);
  }

  // A key that a file may leave out because the code that loads it fills it in (Document::copy_default)
  // before it is read: reading without it is an error all the same. `words` say with what, "what the pod
  // names".
  template <class T>
  Field<typename Bare<T>::Type> filled(const char* key, T& field, const char* words, const char* help) {
    if (visitor_.begin_field(key, Presence::Filled, help, true)) Codec<T>::visit(visitor_, field);
    visitor_.default_words(words);
    return finish(field);
  }

  // `fallback` is what an absent key means.
  template <class T>
  Field<typename Bare<T>::Type> value_or(const char* key, T& field, const std::common_type_t<T>& fallback,
                                         const char* help) {
    if (visitor_.begin_field(key, Presence::Defaulted, help, true)) {
      Codec<T>::visit(visitor_, field);
    } else {
      field = fallback;
    }
    visitor_.default_value([&fallback](Visitor& inner) {
      T copy = fallback;
      Codec<T>::visit(inner, copy);
    });
    return finish(field);
  }

  template <class T>
  Field<typename Bare<T>::Type> optional(const char* key, std::optional<T>& field, const char* help) {
    if (visitor_.begin_field(key, Presence::Optional, help, field.has_value())) {
      if (!field) field.emplace();
      Codec<T>::visit(visitor_, *field);
    } else {
      field.reset();
    }
    return finish(field);
  }

  // A condition between fields, judged when reading and only if the object's own fields were right. It is
  // computed in every mode, so it must be safe for any values. The message says what was found and expected.
  void check(bool holds, std::string_view message) { visitor_.check(holds, std::string(message)); }
  template <class Arg, class... Args>
  void check(bool holds, fmt::format_string<Arg, Args...> message, Arg&& arg, Args&&... args) {
    if (holds) return;
    visitor_.check(false, fmt::format(message, std::forward<Arg>(arg), std::forward<Args>(args)...));
  }

 private:
  template <class T>
  Field<typename Bare<T>::Type> finish(const T& field) {
    visitor_.end_field();
    return {visitor_, Bare<T>::of(field)};
  }

  Visitor& visitor_;
};

template <class T>
void visit_fields(Visitor& visitor, T& value) {
  Fields fields(visitor);
  value.describe(fields);
}

}  // namespace podsim::config
