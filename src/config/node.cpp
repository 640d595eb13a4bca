// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "config/node.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "podsim/base/error.h"

namespace podsim::config {
namespace {

using Json = nlohmann::ordered_json;

template <class... Lambdas>
struct Overloaded : Lambdas... {
  using Lambdas::operator()...;
};
template <class... Lambdas>
Overloaded(Lambdas...) -> Overloaded<Lambdas...>;

// Text between quotes, on one line whatever is in it, not longer than a message can bear.
std::string quoted_text(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  const bool cut = text.size() > kLongest;
  std::string shown(text.substr(0, kLongest));
  if (cut) shown += "...";
  return Json(shown).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string counted(std::size_t n, const char* what) {
  return n == 0 ? fmt::format("an empty {}", what)
                : fmt::format("an {} of {} item{}", what, n, n == 1 ? "" : "s");
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  if (const Object* members = object()) {
    for (const Member& member : *members) {
      if (member.key == key) return &member.node;
    }
  }
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

Node load_node(const std::string& path, const std::filesystem::path& mentioned_in) {
  const Resolution found = resolve_path(path, mentioned_in);
  if (!found.file) {
    throw ConfigError(
        fmt::format("{}: {}, expected a JSON file", path.empty() ? "\"\"" : path, why_not_found(found)));
  }
  std::error_code failed;
  std::filesystem::path canonical = std::filesystem::canonical(*found.file, failed);
  if (failed) canonical = *found.file;
  const std::string text = read_whole_file(*found.file, path);
  return parse_node(text, std::make_shared<Origin>(Origin{path, found.file->parent_path(), "", canonical}));
}

std::string why_not_found(const Resolution& found) {
  if (found.is_folder) return "is a folder";
  if (found.looked_in.empty()) return "names no file";
  return fmt::format("is no file (looked in {})", fmt::join(found.looked_in, ", "));
}

Node::Value integer_or_float(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Node::Float{static_cast<double>(value), true};
  }
  return static_cast<std::int64_t>(value);
}

Json to_json(const Node& node) {
  return std::visit(
      Overloaded{[](std::nullptr_t) { return Json(nullptr); }, [](bool value) { return Json(value); },
                 [](std::int64_t value) { return Json(value); },
                 [](const Node::Float& number) { return Json(number.value); },
                 [](const std::string& text) { return Json(text); },
                 [](const Node::Array& items) {
                   Json json = Json::array();
                   for (const Node& item : items) json.push_back(to_json(item));
                   return json;
                 },
                 [](const Node::Object& members) {
                   Json json = Json::object();
                   for (const Node::Member& member : members) {
                     json.emplace(member.key, to_json(member.node));
                   }
                   return json;
                 }},
      node.value);
}

Node from_json(const Json& json) {
  Node node;
  switch (json.type()) {
    case Json::value_t::boolean:
      node.value = json.get<bool>();
      break;
    case Json::value_t::number_integer:
      node.value = json.get<std::int64_t>();
      break;
    case Json::value_t::number_unsigned:
      node.value = integer_or_float(json.get<std::uint64_t>());
      break;
    case Json::value_t::number_float:
      node.value = Node::Float{json.get<double>(), false};
      break;
    case Json::value_t::string:
      node.value = json.get<std::string>();
      break;
    case Json::value_t::array: {
      Node::Array items;
      for (const Json& item : json) items.push_back(from_json(item));
      node.value = std::move(items);
      break;
    }
    case Json::value_t::object: {
      Node::Object members;
      for (const auto& [key, value] : json.items()) members.push_back({key, from_json(value)});
      node.value = std::move(members);
      break;
    }
    default:
      break;  // null; JSON has nothing else
  }
  return node;
}

std::string got(const Node& node) {
  return std::visit(Overloaded{[](std::nullptr_t) { return std::string("null"); },
                               [](bool value) { return std::string(value ? "true" : "false"); },
                               [](std::int64_t value) { return fmt::format("{}", value); },
                               [](const Node::Float& number) {
                                 return number.is_integer ? fmt::format("{:.0f}", number.value)
                                                          : Json(number.value).dump();
                               },
                               [](const std::string& text) { return quoted_text(text); },
                               [](const Node::Array& items) { return counted(items.size(), "array"); },
                               [](const Node::Object&) { return std::string("an object"); }},
                    node.value);
}

std::string pointer_token(std::string_view key) {
  std::string token;
  for (char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  const std::string escaped = Json(token).dump(-1, ' ', false, Json::error_handler_t::replace);
  return escaped.substr(1, escaped.size() - 2);
}

std::string place(const Origin& origin, std::string_view path) {
  if (origin.base.empty() && path.empty()) return origin.name + ": ";
  return fmt::format("{}: {}{}: ", origin.name, origin.base, path);
}

}  // namespace podsim::config
