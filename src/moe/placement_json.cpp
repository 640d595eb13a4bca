// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "moe/placement_readers.h"
#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

using Json = nlohmann::json;

// A value of the file with the place it was found at.
class Place {
 public:
  Place(const Json& value, std::string where) : value_(value), where_(std::move(where)) {}

  [[noreturn]] void fail(const std::string& message) const { throw ConfigError(where_ + ": " + message); }
  const std::string& where() const { return where_; }
  std::size_t size() const { return value_.size(); }
  bool has(const char* key) const { return value_.contains(key); }

  Place at(const char* key) const {
    if (!value_.is_object()) fail(fmt::format("{}, expected an object with \"{}\"", value_.type_name(), key));
    const auto found = value_.find(key);
    if (found == value_.end()) fail(fmt::format("no \"{}\"", key));
    return {*found, where_ + ", " + key};
  }
  // The first of these keys that is there.
  std::optional<Place> first_of(std::initializer_list<const char*> keys) const {
    for (const char* key : keys) {
      if (has(key)) return at(key);
    }
    return std::nullopt;
  }
  const Place& array() const {
    if (!value_.is_array()) fail(fmt::format("{}, expected an array", value_.type_name()));
    return *this;
  }
  Place item(std::size_t index) const { return {value_[index], fmt::format("{}[{}]", where_, index)}; }

  std::size_t number(std::size_t low, std::size_t high) const {
    const bool fits = value_.is_number_unsigned() && value_.get<std::uint64_t>() >= low &&
                      value_.get<std::uint64_t>() <= high;
    if (fits) return value_.get<std::size_t>();
    const std::string found =
        value_.is_structured() ? std::string(value_.type_name()) : value_.dump().substr(0, 40);
    fail(fmt::format("{}, expected a whole number from {} to {}", found, low, high));
  }

 private:
  const Json& value_;
  std::string where_;
};

constexpr std::size_t kMost = 1U << 24U;        // of ranks, layers, slots
constexpr std::size_t kMaxExpertIndex = 65535;  // what ExpertIndex can name

std::vector<ExpertIndex> experts_in(const Place& array) {
  std::vector<ExpertIndex> experts;
  for (std::size_t i = 0; i < array.array().size(); ++i) {
    experts.push_back(static_cast<ExpertIndex>(array.item(i).number(0, kMaxExpertIndex)));
  }
  return experts;
}

// The highest expert named, plus one: what a file that does not say their number places.
std::size_t experts_named(const LayerSlots& slots) {
  std::size_t experts = 0;
  for (const auto& layer : slots) {
    for (const auto& rank : layer) {
      for (ExpertIndex expert : rank) experts = std::max(experts, expert + std::size_t{1});
    }
  }
  return experts;
}

// A list that says its own length under `count_key` and numbers its items under `id_key`, in any order:
// calls item(id, place) for each.
template <class Item>
std::size_t numbered_list(const Place& owner, const char* count_key, const char* list_key, const char* id_key,
                          const Item& item) {
  const std::size_t count = owner.at(count_key).number(1, kMost);
  const Place list = owner.at(list_key).array();
  if (list.size() != count) list.fail(fmt::format("{} entries, but {} is {}", list.size(), count_key, count));
  std::vector<bool> seen(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    const Place place = list.item(i);
    const std::size_t id = place.at(id_key).number(0, count - 1);
    if (seen[id]) place.fail(fmt::format("{} {} a second time", id_key, id));
    seen[id] = true;
    item(id, place);
  }
  return count;
}

std::vector<std::vector<ExpertIndex>> vllm_devices(const Place& layer) {
  std::vector<std::vector<ExpertIndex>> slots(layer.at("device_list").array().size());
  numbered_list(layer, "device_count", "device_list", "device_id", [&](std::size_t id, const Place& device) {
    const Place list = device.at("device_expert");
    slots[id] = experts_in(list);
    std::set<ExpertIndex> once;
    for (ExpertIndex expert : slots[id]) {
      if (!once.insert(expert).second) list.fail(fmt::format("expert {} a second time", expert));
    }
  });
  for (std::size_t id = 1; id < slots.size(); ++id) {
    if (slots[id].size() == slots[0].size()) continue;
    layer.fail(fmt::format("device {} holds {} experts, but device 0 holds {}", id, slots[id].size(),
                           slots[0].size()));
  }
  return slots;
}

PlacementFile read_vllm(const Place& root) {
  LayerSlots slots(root.at("layer_list").array().size());
  numbered_list(root, "moe_layer_count", "layer_list", "layer_id",
                [&](std::size_t id, const Place& layer) { slots[id] = vllm_devices(layer); });
  for (std::size_t layer = 1; layer < slots.size(); ++layer) {
    if (slots[layer].size() == slots[0].size()) continue;
    root.fail(fmt::format("layer {} has {} devices, but layer 0 has {}", layer, slots[layer].size(),
                          slots[0].size()));
  }
  const std::size_t experts = experts_named(slots);
  return {PlacementFormat::VllmAscend, make_layers(std::move(slots), experts, root.where())};
}

PlacementFile read_eplb(const Place& root, std::size_t ranks) {
  const std::optional<Place> map = root.first_of({"phy2log", "physical_to_logical_map"});
  if (!map) root.fail("no \"phy2log\" or \"physical_to_logical_map\"");
  const std::optional<Place> count = root.first_of({"num_gpus", "num_ranks", "world_size"});
  if (count) ranks = count->number(1, kMost);
  if (ranks == 0) root.fail("no \"num_gpus\", \"num_ranks\" or \"world_size\"");

  LayerSlots slots(map->array().size());
  if (slots.empty()) map->fail("no layers");
  const std::size_t replicas = map->item(0).array().size();
  for (std::size_t layer = 0; layer < slots.size(); ++layer) {
    const std::vector<ExpertIndex> phy2log = experts_in(map->item(layer));
    if (phy2log.size() != replicas) {
      map->fail(fmt::format("layer {} has {} entries, but layer 0 has {}", layer, phy2log.size(), replicas));
    }
    if (replicas == 0 || replicas % ranks != 0) {
      map->fail(fmt::format("{} entries do not divide evenly over {} ranks", replicas, ranks));
    }
    const std::size_t per_rank = replicas / ranks;
    for (auto rank = phy2log.begin(); rank != phy2log.end(); rank += static_cast<std::ptrdiff_t>(per_rank)) {
      slots[layer].emplace_back(rank, rank + static_cast<std::ptrdiff_t>(per_rank));
    }
  }
  const std::optional<Place> said = root.first_of({"num_logical_experts", "num_experts"});
  const std::size_t experts = said ? said->number(1, kMaxExpertIndex + 1) : experts_named(slots);
  return {PlacementFormat::Eplb, make_layers(std::move(slots), experts, root.where())};
}

// nlohmann keeps the last of two equal keys without a word; a file that has both lies.
Json parse_json(std::string_view content, const std::string& name) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      throw ConfigError(fmt::format("{}: the key {} twice in an object", name, parsed.dump()));
    }
    return true;
  };
  try {
    return Json::parse(content, watch);
  } catch (const Json::parse_error& error) {
    if (error.byte > content.size()) {
      throw ConfigError(fmt::format("{}: JSON that ends early, after {} bytes", name, content.size()));
    }
    throw ConfigError(fmt::format("{}: not JSON at byte {} of {}", name, error.byte, content.size()));
  } catch (const Json::exception& error) {
    throw ConfigError(fmt::format("{}: not JSON: {}", name, error.what()));
  }
}

}  // namespace

PlacementFile parse_placement_json(std::string_view content, const std::string& name, PlacementFormat format,
                                   std::size_t ranks) {
  const Json json = parse_json(content, name);
  const Place root(json, name);
  if (format == PlacementFormat::VllmAscend || (format == PlacementFormat::Auto && root.has("layer_list"))) {
    return read_vllm(root);
  }
  if (format == PlacementFormat::Eplb || root.first_of({"phy2log", "physical_to_logical_map"})) {
    return read_eplb(root, ranks);
  }
  root.fail(
      "not an expert placement: no \"layer_list\" (vllm-ascend), \"phy2log\" or \"physical_to_logical_map\" "
      "(EPLB)");
}

}  // namespace podsim::moe
