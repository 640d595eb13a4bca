// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "config/node.h"
#include "podsim/base/error.h"

namespace podsim::config {
namespace {

using Json = nlohmann::ordered_json;

std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return fmt::format("line {}, column {}", line, offset - start + 1);
}

// The length of the UTF-8 sequence at the front of `text`, 0 when it is none (RFC 3629, section 4).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto tail = [&byte](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xBF; };
  const unsigned lead = byte(0), second = byte(1);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && second < 0xA0;
    const bool surrogate = lead == 0xED && second > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && second < 0x90;
    const bool beyond = lead == 0xF4 && second > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// What is wrong with the bytes, before they are JSON. The library takes a zero byte for the end of the text,
// so it is refused here.
std::optional<std::string> wrong_bytes(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "is empty, expected JSON";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0 || text[i] == '\0') {
      return fmt::format("{}: got the byte 0x{:02x}, expected UTF-8 text", line_and_column(text, i),
                         static_cast<unsigned char>(text[i]));
    }
    i += length;
  }
  return std::nullopt;
}

// Builds a Node from the library's events; unlike its own tree it keeps duplicate keys and bounds the depth.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(integer_or_float(value)); }
  bool number_float(number_float_t value, const string_t& token) override {
    return add(Node::Float{value, token.find_first_of(".eE") == string_t::npos});
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // never in text
  bool start_object(std::size_t) override { return open(Node::Object()); }
  bool start_array(std::size_t) override { return open(Node::Array()); }
  bool key(string_t& name) override {
    open_.back()->object()->push_back({std::move(name), {}});
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    error_ =
        fmt::format("{}: {}", line_and_column(text_, position == 0 ? 0 : position - 1), reason(error.what()));
    return false;
  }

  const std::string& error() const { return error_; }
  Node take() { return std::move(root_); }

 private:
  // The library's message without its prefix "[json.exception...] parse error at line 1, column 2: " and
  // without the text read last, which runs over several tokens.
  static std::string reason(std::string_view what) {
    if (what.find("; expected end of input") != std::string_view::npos) {
      return "text after the end of the JSON value";
    }
    const std::size_t bracket = what.find("] ");
    if (bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
    const std::size_t colon = what.find(": ");
    if (what.substr(0, 14) == "parse error at" && colon != std::string_view::npos)
      what.remove_prefix(colon + 2);
    std::string text(what);
    const std::size_t last_read = text.find("; last read: '");
    if (last_read == std::string::npos) return text;
    const std::size_t expected = text.rfind("'; expected ");
    return expected == std::string::npos ? text.substr(0, last_read)
                                         : text.erase(last_read, expected + 1 - last_read);
  }

  Node& slot() {
    if (open_.empty()) return root_;
    if (Node::Array* items = open_.back()->array()) return items->emplace_back();
    return open_.back()->object()->back().node;
  }
  bool add(Node::Value value) {
    slot().value = std::move(value);
    return true;
  }
  bool open(Node::Value value) {
    if (open_.size() == kDeepestNesting) {
      error_ = fmt::format("{}: nested deeper than {} levels", path_start(), kDeepestNesting);
      return false;
    }
    Node& node = slot();
    node.value = std::move(value);
    open_.push_back(&node);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  // The first few steps to where the text is now.
  std::string path_start() const {
    constexpr std::size_t kSteps = 4;
    std::string path;
    for (std::size_t i = 0; i < kSteps; ++i) {
      const Node& node = *open_[i];
      path += "/" + (node.array() != nullptr ? std::to_string(node.array()->size() - 1)
                                             : pointer_token(node.object()->back().key));
    }
    return path + "/...";
  }

  std::string_view text_;
  Node root_;
  std::vector<Node*> open_;  // arrays and objects not yet closed; no sibling is added below them meanwhile
  std::string error_;
};

}  // namespace

Node parse_node(std::string_view text, std::shared_ptr<const Origin> origin) {
  if (const std::optional<std::string> wrong = wrong_bytes(text))
    throw ConfigError(place(*origin, "") + *wrong);
  Builder builder(text);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    throw ConfigError(place(*origin, "") + builder.error());
  }
  Node root = builder.take();
  root.origin = std::move(origin);
  return root;
}

}  // namespace podsim::config
