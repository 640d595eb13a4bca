// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/config/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "config/node.h"
#include "config/reader.h"
#include "config/walker.h"
#include "podsim/base/error.h"

namespace podsim::config {
namespace {

using Json = nlohmann::ordered_json;
// The value of a --set argument: JSON when it is, a string otherwise. What starts like an object, an array or
// a quoted string was meant as JSON.
Node parse_value(std::string_view text, const std::shared_ptr<const Origin>& origin) {
  try {
    return parse_node(text, origin);
  } catch (const ConfigError&) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos &&
        std::string_view("{[\"").find(text[start]) != std::string_view::npos)
      throw;
  }
  return Node{std::string(text), origin};
}

bool is_sourced(const Node& node) {
  const Node::Object* members = node.object();
  return members != nullptr && members->size() == 2 && node.find("value") != nullptr &&
         node.find("source") != nullptr;
}

constexpr const char* kSetSource = "set on the command line";

bool erase_from(Node& parent, const std::string& token) {
  if (Node::Object* members = parent.object()) {
    const auto is_named = [&token](const Node::Member& member) { return member.key == token; };
    const auto kept = std::remove_if(members->begin(), members->end(), is_named);
    const bool found = kept != members->end();
    members->erase(kept, members->end());
    return found;
  }
  Node::Array* items = parent.array();
  const std::optional<std::size_t> index = array_index(token);
  if (items == nullptr || !index || *index >= items->size()) return false;
  items->erase(items->begin() + static_cast<std::ptrdiff_t>(*index));
  return true;
}

void erase(Node& root, const Tokens& tokens, const std::string& what) {
  const Tokens parent_tokens(tokens.begin(), tokens.end() - 1);
  Walker walker(root, parent_tokens, what);
  if (walker.walk_to_end() && walker.open() && erase_from(walker.node(), tokens.back())) return;
  throw ConfigError(fmt::format("{}: there is no {} to remove", what, join_pointer(tokens, tokens.size())));
}

// Puts `value` at the end of `tokens`; `setter` is who says so.
void replace(Node& root, const Tokens& tokens, Node value, const Origin& setter) {
  Walker walker(root, tokens, setter.name);
  walker.make_to_end(setter);
  Node* target = &walker.node();
  if (is_sourced(*target) && value.object() == nullptr) {
    *target->find("source") = Node{std::string(kSetSource)};
    target = target->find("value");
    value.origin = std::make_shared<Origin>(Origin{setter.name, setter.folder, setter.base + "/value"});
  } else if (tokens.back() == "value") {
    const Tokens parent_tokens(tokens.begin(), tokens.end() - 1);
    Walker parent(root, parent_tokens, setter.name);
    if (parent.walk_to_end() && is_sourced(parent.node())) {
      *parent.node().find("source") = Node{std::string(kSetSource)};
    }
  }
  *target = std::move(value);
}

void set_node(Node& root, std::string_view pointer, const std::string& what, std::string_view json) {
  const Tokens tokens = split_pointer(pointer, what);
  if (tokens.empty()) throw ConfigError(what + ": got an empty pointer, expected one to a key");
  const auto origin = std::make_shared<Origin>(Origin{what, {}, join_pointer(tokens, tokens.size())});
  Node value = parse_value(json, origin);
  if (std::holds_alternative<std::nullptr_t>(value.value)) return erase(root, tokens, what);
  replace(root, tokens, std::move(value), *origin);
}

}  // namespace

Document::Document(Node root) : root_(std::make_unique<Node>(std::move(root))) {}
Document::Document(const Document& other) : root_(std::make_unique<Node>(*other.root_)) {}
Document::Document(Document&& other) noexcept = default;
Document& Document::operator=(const Document& other) {
  if (this != &other) root_ = std::make_unique<Node>(*other.root_);
  return *this;
}
Document& Document::operator=(Document&& other) noexcept = default;
Document::~Document() = default;

Document Document::load(const std::string& path) {
  return Document(load_node(path, {}));
}

Document Document::parse(std::string_view text, const std::string& name) {
  return Document(parse_node(text, std::make_shared<Origin>(Origin{name, {}, ""})));
}

void Document::apply_set(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || assignment.front() != '/') {
    throw ConfigError(fmt::format("--set {}: expected /json/pointer=value", assignment));
  }
  set_node(*root_, assignment.substr(0, equals), fmt::format("--set {}", assignment),
           assignment.substr(equals + 1));
}

void Document::set(std::string_view pointer, const Raw& value) {
  set_node(*root_, pointer, fmt::format("set {}", pointer), value.json);
}

bool Document::contains(std::string_view pointer) const {
  return get(pointer).has_value();
}

std::optional<Json> Document::get(std::string_view pointer) const {
  Node copy = *root_;
  const Tokens tokens = split_pointer(pointer, "get");
  Walker walker(copy, tokens, "get");
  if (!walker.walk_to_end()) return std::nullopt;
  return to_json(walker.node());
}

void Document::insert_default(std::string_view pointer, const Json& value) {
  if (contains(pointer)) return;
  const std::string what = fmt::format("default of {}", pointer);
  const Tokens tokens = split_pointer(pointer, what);
  const auto origin = std::make_shared<Origin>(Origin{what, {}, std::string(pointer)});
  Node node = from_json(value);
  node.origin = origin;
  replace(*root_, tokens, std::move(node), *origin);
}

void Document::copy_default(std::string_view to, std::string_view from) {
  if (contains(to)) return;
  Node copy = *root_;
  const Tokens from_tokens = split_pointer(from, "copy");
  Walker walker(copy, from_tokens, "copy");
  if (!walker.walk_to_end()) return;
  Node node = walker.node();
  Origin origin = walker.origin();
  if (origin.base != walker.base()) origin.file.clear();
  origin.base = walker.base();
  node.origin = std::make_shared<Origin>(origin);
  replace(*root_, split_pointer(to, "copy"), std::move(node),
          Origin{fmt::format("default of {}", to), {}, std::string(to)});
}

void Document::read_into(const Visit& value) const {
  Reader::read(*root_, value);
}

}  // namespace podsim::config
