// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "config/walker.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>
#include <utility>

#include "podsim/base/error.h"

namespace podsim::config {

Tokens split_pointer(std::string_view pointer, const std::string& what) {
  Tokens tokens;
  if (pointer.empty()) return tokens;
  if (pointer.front() != '/') {
    throw ConfigError(
        fmt::format("{}: got the pointer \"{}\", expected one that starts with \"/\"", what, pointer));
  }
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] != '~') {
      tokens.back() += pointer[i];
    } else if (++i < pointer.size() && (pointer[i] == '0' || pointer[i] == '1')) {
      tokens.back() += pointer[i] == '0' ? '~' : '/';
    } else {
      throw ConfigError(
          fmt::format("{}: got \"~\" in the pointer \"{}\", expected \"~0\" or \"~1\"", what, pointer));
    }
  }
  return tokens;
}

std::string join_pointer(const Tokens& tokens, std::size_t count) {
  std::string pointer;
  for (std::size_t i = 0; i < count; ++i) pointer += "/" + pointer_token(tokens[i]);
  return pointer.empty() ? "the top level" : pointer;
}

std::optional<std::size_t> array_index(const std::string& token) {
  std::size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [last, error] = std::from_chars(token.data(), end, index);
  return error == std::errc() && last == end ? std::optional(index) : std::nullopt;
}

Walker::Walker(Node& root, const Tokens& tokens, std::string what)
    : node_(&root), origin_(root.origin), tokens_(tokens), what_(std::move(what)) {}

bool Walker::walk_to_end() {
  while (depth_ < tokens_.size()) {
    if (!open() || !down()) return false;
  }
  return true;
}

void Walker::make_to_end(const Origin& maker) {
  while (depth_ < tokens_.size()) {
    if (!open()) {
      throw ConfigError(fmt::format("{}: {} is {}, expected an object, an array or the path of a JSON file",
                                    what_, join_pointer(tokens_, depth_), got(*node_)));
    }
    if (!down()) add(maker);
  }
}

bool Walker::open() {
  const std::string* path = node_->text();
  if (path != nullptr && resolve_path(*path, origin_->folder).file) {
    *node_ = load_node(std::string(*path), origin_->folder);
    take_origin();
  }
  return node_->array() != nullptr || node_->object() != nullptr;
}

bool Walker::down() {
  Node* next = node_->find(tokens_[depth_]);
  if (Node::Array* items = node_->array()) {
    const std::optional<std::size_t> index = array_index(tokens_[depth_]);
    if (index && *index < items->size()) next = &(*items)[*index];
  }
  if (next != nullptr) take(*next);
  return next != nullptr;
}

void Walker::add(const Origin& maker) {
  const std::string& token = tokens_[depth_];
  Node* made = nullptr;
  if (Node::Array* items = node_->array()) {
    if (token != "-" && array_index(token) != items->size()) {
      throw ConfigError(fmt::format("{}: got the index \"{}\" in {}, expected 0 to {}, or \"-\" to append",
                                    what_, token, join_pointer(tokens_, depth_), items->size()));
    }
    made = &items->emplace_back();
  } else {
    made = &node_->object()->emplace_back(Node::Member{token, {}}).node;
  }
  if (!has_made_) {
    made->origin =
        std::make_shared<Origin>(Origin{maker.name, maker.folder, join_pointer(tokens_, depth_ + 1)});
  }
  has_made_ = true;
  take(*made);
  if (depth_ < tokens_.size()) node_->value = Node::Object();
}

void Walker::take(Node& next) {
  node_ = &next;
  base_ += "/" + pointer_token(tokens_[depth_]);
  ++depth_;
  take_origin();
}

void Walker::take_origin() {
  if (!node_->origin) return;
  origin_ = node_->origin;
  base_ = origin_->base;
}

}  // namespace podsim::config
