// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "podsim/base/error.h"
#include "podsim/config/document.h"
#include "podsim/moe/model.h"
#include "podsim/study/claim_judge.h"
#include "podsim/units/units.h"

namespace podsim::study {
namespace {

constexpr double kPicosecond = 1e-12;

template <class Q>
std::optional<double> count_of(const std::string& text) {
  const auto quantity = parse_quantity<Q>(text);
  return quantity ? std::optional(static_cast<double>(quantity->count())) : std::nullopt;
}

std::optional<double> quantity_of(const std::string& text) {
  if (const auto bytes = count_of<Bytes>(text)) return bytes;
  if (const auto rate = count_of<BytesPerSecond>(text)) return rate;
  if (const auto rate = count_of<FlopsPerSecond>(text)) return rate;
  if (const auto rate = count_of<Hertz>(text)) return rate;
  if (const auto time = count_of<Picoseconds>(text)) return *time * kPicosecond;
  if (const auto type = config::enum_from_name<moe::DataType>(text))
    return static_cast<double>(moe::bits(*type)) / 8.0;
  return std::nullopt;
}

}  // namespace

double read_value(const ClaimValue& value) {
  const std::string& path = value.file.resolved.empty() ? value.file.path : value.file.resolved;
  auto found = config::Document::load(path).get(value.key);
  if (!found) throw ConfigError(fmt::format("{}: nothing at {}", value.file.path, value.key));
  if (found->is_object() && found->contains("value")) found = nlohmann::ordered_json((*found)["value"]);
  if (found->is_number()) return found->get<double>();
  const auto quantity = found->is_string() ? quantity_of(found->get<std::string>()) : std::nullopt;
  if (!quantity)
    throw ConfigError(fmt::format("{}: {} is {}, expected a number, a quantity or an element type",
                                  value.file.path, value.key, found->dump()));
  return *quantity;
}

}  // namespace podsim::study
