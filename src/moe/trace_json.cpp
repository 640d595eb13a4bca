// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "moe/trace_json.h"

#include <fmt/format.h>

#include "moe/trace_rows.h"
#include "podsim/base/error.h"
#include "podsim/config/suggest.h"

namespace podsim::moe {
namespace {

using nlohmann::json;

// As much of a value as a message needs.
std::string shown(const json& value) {
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  if (value.is_object()) return "an object";
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  return text;
}

}  // namespace

JsonLine::JsonLine(const std::string& file, const TextLine& line)
    : place_(fmt::format("{}: line {}", file, line.number)) {
  try {
    value_ = json::parse(line.text);
  } catch (const json::parse_error& error) {
    const bool cut = error.byte > line.text.size();
    fail(cut ? fmt::format("ends inside its JSON value after {} bytes; was the file cut?", line.text.size())
             : fmt::format("no JSON from column {} on", error.byte));
  } catch (const json::exception& error) {
    fail(fmt::format("no JSON podsim can hold: {}", error.what()));
  }
  if (!value_.is_object()) fail(fmt::format("{}, expected a JSON object", shown(value_)));
}

const json& JsonLine::at(const char* key) const {
  const auto found = value_.find(key);
  if (found == value_.end()) fail(fmt::format("no key \"{}\"", key));
  return *found;
}

std::int64_t JsonLine::integer(const char* key, std::int64_t low, std::int64_t high) const {
  const json& value = at(key);
  const bool fits =
      value.is_number_integer() &&
      (!value.is_number_unsigned() || value.get<std::uint64_t>() <= static_cast<std::uint64_t>(high)) &&
      value.get<std::int64_t>() >= low && value.get<std::int64_t>() <= high;
  if (!fits)
    fail(fmt::format("\"{}\" is {}, expected a whole number from {} to {}", key, shown(value), low, high));
  return value.get<std::int64_t>();
}

std::int64_t JsonLine::integer_or(const char* key, std::int64_t low, std::int64_t high,
                                  std::int64_t fallback) const {
  return has(key) ? integer(key, low, high) : fallback;
}

std::string JsonLine::text_or(const char* key, const char* fallback) const {
  if (!has(key)) return fallback;
  const json& value = at(key);
  if (!value.is_string()) fail(fmt::format("\"{}\" is {}, expected a string", key, shown(value)));
  return value.get<std::string>();
}

void JsonLine::only(const std::vector<std::string>& known) const {
  for (const auto& item : value_.items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    fail(fmt::format("unknown key \"{}\"; {}", item.key(), config::known_names(item.key(), known)));
  }
}

const json& JsonLine::table(const char* key, std::int64_t tokens) const {
  const json& value = at(key);
  if (!value.is_array()) fail(fmt::format("\"{}\" is {}, expected an array of rows", key, shown(value)));
  if (value.size() != static_cast<std::size_t>(tokens)) {
    fail(fmt::format("\"{}\" has {} rows, expected {}", key, value.size(), tokens));
  }
  return value;
}

void JsonLine::expect_width(const json& row, const char* key, std::int64_t token, std::int64_t top_k) const {
  if (!row.is_array() || row.size() != static_cast<std::size_t>(top_k)) {
    fail(fmt::format("row {} of \"{}\" is {}, expected an array of {}", token, key, shown(row), top_k));
  }
}

void JsonLine::rows(const char* key, std::int64_t tokens, std::int64_t top_k, std::int64_t experts,
                    std::vector<ExpertIndex>& into) const {
  const json& rows = table(key, tokens);
  const auto width = static_cast<std::size_t>(top_k);
  into.resize(rows.size() * width);
  std::vector<std::int64_t> row(width);
  for (std::size_t t = 0; t < rows.size(); ++t) {
    expect_width(rows[t], key, static_cast<std::int64_t>(t), top_k);
    for (std::size_t i = 0; i < width; ++i) {
      const json& expert = rows[t][i];
      const bool fits = expert.is_number_integer() &&
                        (!expert.is_number_unsigned() ||
                         expert.get<std::uint64_t>() < static_cast<std::uint64_t>(kMostExperts));
      if (!fits)
        fail(
            fmt::format("row {} of \"{}\": expert {}, expected 0 to {}", t, key, shown(expert), experts - 1));
      row[i] = expert.get<std::int64_t>();
    }
    const auto where = [&](std::size_t) { return fmt::format("{}: row {} of \"{}\"", place_, t, key); };
    take_rows(row.data(), 1, width, experts, where, into.data() + t * width);
  }
}

void JsonLine::expect_numbers(const char* key, std::int64_t tokens, std::int64_t top_k) const {
  const json& rows = table(key, tokens);
  for (std::size_t t = 0; t < rows.size(); ++t) {
    expect_width(rows[t], key, static_cast<std::int64_t>(t), top_k);
    for (const json& number : rows[t]) {
      if (!number.is_number())
        fail(fmt::format("row {} of \"{}\" has {}, expected numbers", t, key, shown(number)));
    }
  }
}

void JsonLine::loads(const char* key, std::vector<double>& into) const {
  const json& value = at(key);
  if (!value.is_array() || value.empty())
    fail(fmt::format("\"{}\" is {}, expected an array of loads", key, shown(value)));
  into.clear();
  for (const json& load : value) {
    if (!load.is_number() || !(load.get<double>() >= 0.0)) {
      fail(fmt::format("expert {} of \"{}\" has the load {}, expected 0 or more", into.size(), key,
                       shown(load)));
    }
    into.push_back(load.get<double>());
  }
}

void JsonLine::fail(const std::string& message) const {
  throw ConfigError(fmt::format("{}: {}", place_, message));
}

}  // namespace podsim::moe
