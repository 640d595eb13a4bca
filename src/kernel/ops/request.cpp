// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> names_of(const std::vector<OpKey>& keys) {
  std::vector<std::string> names;
  for (const OpKey& key : keys) names.push_back(key.name);
  return names;
}

template <class Given>
void check_keys(const Op& op, const char* what, const std::vector<OpKey>& keys, const Given& given) {
  for (const auto& [name, value] : given) {
    const auto known = [&name = name](const OpKey& key) { return key.name == name; };
    if (std::any_of(keys.begin(), keys.end(), known)) continue;
    throw ConfigError(fmt::format("{}: {} \"{}\" is not known, expected one of {}", op.name, what, name,
                                  joined(names_of(keys))));
  }
  for (const OpKey& key : keys) {
    if (key.fallback.empty() && given.count(key.name) == 0) {
      throw ConfigError(fmt::format("{}: {} \"{}\" is missing: {}", op.name, what, key.name, key.meaning));
    }
  }
}

std::int64_t within(const std::string& key, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return value;
  throw ConfigError(fmt::format("{} is {}, expected {} to {}", key, value, least, most));
}

}  // namespace

void check_request(const Op& op, const OpRequest& request) {
  check_keys(op, "size", op.shape, request.shape);
  check_keys(op, "option", op.options, request.options);
  const std::string dtype = dtype_of(op, request);
  if (std::find(op.dtypes.begin(), op.dtypes.end(), dtype) == op.dtypes.end()) {
    throw ConfigError(
        fmt::format("{}: dtype \"{}\" is not known, expected one of {}", op.name, dtype, joined(op.dtypes)));
  }
}

std::string dtype_of(const Op& op, const OpRequest& request) {
  return request.dtype.empty() ? op.dtypes.front() : request.dtype;
}

std::int64_t shape_value(const OpRequest& request, const std::string& key, std::int64_t fallback,
                         std::int64_t least, std::int64_t most) {
  const auto found = request.shape.find(key);
  return within(key, found == request.shape.end() ? fallback : found->second, least, most);
}

std::int64_t option_value(const OpRequest& request, const std::string& key, std::int64_t fallback,
                          std::int64_t least, std::int64_t most) {
  const auto found = request.options.find(key);
  return found == request.options.end() ? fallback
                                        : within(key, parse_integer(key, found->second), least, most);
}

std::string option_word(const OpRequest& request, const std::string& key, const std::string& fallback,
                        const std::vector<std::string>& allowed) {
  const auto found = request.options.find(key);
  if (found == request.options.end()) return fallback;
  if (std::find(allowed.begin(), allowed.end(), found->second) != allowed.end()) return found->second;
  throw ConfigError(fmt::format("{} is \"{}\", expected one of {}", key, found->second, joined(allowed)));
}

std::vector<std::int64_t> option_list(const OpRequest& request, const std::string& key) {
  std::vector<std::int64_t> values;
  const auto found = request.options.find(key);
  if (found == request.options.end()) return values;
  const std::string& text = found->second;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t separator = std::min(text.find_first_of(":,", from), text.size());
    values.push_back(parse_integer(key, text.substr(from, separator - from)));
    from = separator + 1;
  }
  return values;
}

std::int64_t parse_integer(const std::string& key, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  throw ConfigError(fmt::format("{} is \"{}\", expected a whole number", key, text));
}

}  // namespace podsim::kernel::ops
