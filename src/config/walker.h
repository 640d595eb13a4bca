// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace podsim::config {

using Tokens = std::vector<std::string>;

// "/a~1b/0" -> "a/b", "0". `what` begins the message of a pointer that is none.
Tokens split_pointer(std::string_view pointer, const std::string& what);
// The first `count` tokens as a JSON pointer again; "the top level" for none.
std::string join_pointer(const Tokens& tokens, std::size_t count);
std::optional<std::size_t> array_index(const std::string& token);

// Goes down a document by the tokens of a pointer, puts files in the place of their paths where something
// below them is asked for, and keeps account of where things come from.
class Walker {
 public:
  // `tokens` must outlive it; `what` begins its messages.
  Walker(Node& root, const Tokens& tokens, std::string what);

  // To the value the tokens name; false when there is none.
  bool walk_to_end();
  // The same, making what is not there: objects on the way, null at the end. The topmost one made is marked
  // as coming from `maker`. Throws ConfigError where neither an object nor an array can be gone into.
  void make_to_end(const Origin& maker);
  // Puts the file that the present value names, if it does, in its place. Is there something to go into?
  bool open();

  Node& node() { return *node_; }
  const Origin& origin() const { return *origin_; }
  // Where in origin() the present value is.
  const std::string& base() const { return base_; }

 private:
  bool down();  // one token, into what open() said is there
  void add(const Origin& maker);
  void take(Node& next);
  void take_origin();

  Node* node_;
  std::shared_ptr<const Origin> origin_;
  std::string base_{};
  const Tokens& tokens_;
  std::size_t depth_ = 0;
  std::string what_;
  bool has_made_ = false;
};

}  // namespace podsim::config
