// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "podsim/moe/routing.h"
#include "podsim/moe/trace_bytes.h"

namespace podsim::moe {

// One line of a JSON-lines file: an object. Everything wrong with it is a ConfigError "FILE: line N: ..".
class JsonLine {
 public:
  JsonLine(const std::string& file, const TextLine& line);

  const std::string& place() const { return place_; }
  bool has(const char* key) const { return value_.contains(key); }
  bool is_null(const char* key) const { return at(key).is_null(); }
  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) const;
  std::int64_t integer_or(const char* key, std::int64_t low, std::int64_t high, std::int64_t fallback) const;
  std::string text_or(const char* key, const char* fallback) const;
  // Refuses keys that are not among `known`, with the nearest of them.
  void only(const std::vector<std::string>& known) const;

  // [tokens][top_k] experts below `experts`, none twice in a row.
  void rows(const char* key, std::int64_t tokens, std::int64_t top_k, std::int64_t experts,
            std::vector<ExpertIndex>& into) const;
  // [tokens][top_k] numbers; only looked at.
  void expect_numbers(const char* key, std::int64_t tokens, std::int64_t top_k) const;
  // Numbers of 0 or more.
  void loads(const char* key, std::vector<double>& into) const;

  [[noreturn]] void fail(const std::string& message) const;

 private:
  const nlohmann::json& at(const char* key) const;
  const nlohmann::json& table(const char* key, std::int64_t tokens) const;
  void expect_width(const nlohmann::json& row, const char* key, std::int64_t token, std::int64_t top_k) const;

  std::string place_;
  nlohmann::json value_;
};

}  // namespace podsim::moe
