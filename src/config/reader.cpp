// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/config/suggest.h"

namespace podsim::config {
namespace {

// Findings about an object itself come after those of its members.
constexpr std::size_t kMissing = std::numeric_limits<std::size_t>::max() - 1;
constexpr std::size_t kCondition = std::numeric_limits<std::size_t>::max();

std::string expectation(const Rule& rule) {
  if (rule.kind == Rule::Kind::NonEmpty) return "at least one item";
  if (rule.kind == Rule::Kind::Positive) return "more than 0";
  if (rule.low && rule.high) return fmt::format("between {} and {}", rule.low->text, rule.high->text);
  return rule.low ? "at least " + rule.low->text : "at most " + rule.high->text;
}

}  // namespace

void Reader::read(const Node& root, const Visit& value) {
  Reader reader;
  reader.go_into(root);
  value(reader);
  if (reader.findings_.empty()) return;
  std::string all;
  for (const Finding& finding : reader.findings_) all += (all.empty() ? "" : "\n") + finding.text;
  throw ConfigError(all);
}

void Reader::go_into(const Node& root) {
  outer_.push_back(node_);
  node_ = &root;
  if (root.origin) sources_.push_back({root.origin.get(), {}});
}

void Reader::go_down(std::string key, const Node& node) {
  sources_.back().path.push_back(std::move(key));
  go_into(node);
}

void Reader::leave() {
  if (node_->origin) sources_.pop_back();
  node_ = outer_.back();
  outer_.pop_back();
}

void Reader::go_up() {
  leave();
  sources_.back().path.pop_back();
}

void Reader::find(std::string_view message) {
  const Source& source = sources_.back();
  std::string path;
  for (const std::string& token : source.path) path += "/" + pointer_token(token);
  findings_.push_back({0, place(*source.origin, path).append(message)});
}

void Reader::expect(std::string_view expected) {
  find(fmt::format("got {}, expected {}", got(*node_), expected));
}

void Reader::expect_one_of(const std::string& what, const std::vector<const char*>& names) {
  const std::vector<std::string> known(names.begin(), names.end());
  const std::string* written = node_->text();
  const std::optional<std::string> nearest =
      written == nullptr ? std::nullopt : nearest_name(*written, known);
  expect(fmt::format("{}one of {}{}", what, quoted_list(known),
                     nearest ? fmt::format(" (nearest is \"{}\")", *nearest) : ""));
}

void Reader::object(std::type_index, const Visit& fields) {
  if (node_->object() == nullptr) return expect("an object");
  members(nullptr, fields);
}

void Reader::members(const char* extra_key, const Visit& fields) {
  frames_.push_back({node_->object(), findings_.size()});
  if (extra_key != nullptr) frames_.back().known.push_back(extra_key);
  fields(*this);
  find_strays();
  std::stable_sort(findings_.begin() + static_cast<std::ptrdiff_t>(frames_.back().first_finding),
                   findings_.end(), [](const Finding& a, const Finding& b) { return a.order < b.order; });
  frames_.pop_back();
}

// Keys that no field asked for, and keys given again.
void Reader::find_strays() {
  const Frame& frame = frames_.back();
  const bool top = is_top_of_file();
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < frame.object->size(); ++i) {
    const Node::Member& member = (*frame.object)[i];
    const bool is_known = std::find(frame.known.begin(), frame.known.end(), member.key) != frame.known.end();
    const bool is_first = seen.insert(member.key).second;
    if ((is_known && is_first) || (top && member.key == "$schema")) continue;
    go_down(member.key, member.node);
    find(is_first ? "unknown key, " + known_names(member.key, {frame.known.begin(), frame.known.end()})
                  : "key given twice, expected once");
    findings_.back().order = i;
    go_up();
  }
}

// A file may name its schema, for editors.
bool Reader::is_top_of_file() const {
  return node_->origin && node_->origin->base.empty();
}

bool Reader::begin_field(const char* key, Presence presence, const char* help, bool) {
  Frame& frame = frames_.back();
  const auto member = std::find_if(frame.object->begin(), frame.object->end(),
                                   [key](const Node::Member& other) { return other.key == key; });
  const bool is_there = member != frame.object->end();
  if (!is_there && (presence == Presence::Required || presence == Presence::Filled)) {
    find(fmt::format("missing key \"{}\" ({})", key, help));
    findings_.back().order = kMissing;
  }
  frame.known.push_back(key);
  frame.findings_before_field = findings_.size();
  frame.field = is_there ? &member->node : nullptr;
  frame.field_order = static_cast<std::size_t>(member - frame.object->begin());
  if (is_there) go_down(key, member->node);
  return is_there;
}

void Reader::end_field() {
  Frame& frame = frames_.back();
  if (frame.field == nullptr) return;
  go_up();
  frame.field_wrong = findings_.size() > frame.findings_before_field;
  for (std::size_t i = frame.findings_before_field; i < findings_.size(); ++i) {
    findings_[i].order = frame.field_order;
  }
}

void Reader::rule(const Rule& rule) {
  Frame& frame = frames_.back();
  if (rule.holds || frame.field == nullptr || frame.field_wrong) return;
  frame.field_wrong = true;
  const std::size_t depth = outer_.size();
  go_down(frame.known.back(), *frame.field);
  const auto go_into_sourced = [this] {
    if (const Node* value = node_->find("value")) go_down("value", *value);
  };
  go_into_sourced();
  if (rule.item && node_->array() != nullptr) {
    go_down(std::to_string(*rule.item), (*node_->array())[*rule.item]);
    go_into_sourced();
  }
  expect(rule.kind == Rule::Kind::NonEmpty && node_->text() != nullptr ? "a string with something in it"
                                                                       : expectation(rule));
  findings_.back().order = frame.field_order;
  while (outer_.size() > depth) go_up();
}

void Reader::check(bool holds, const std::string& message) {
  Frame& frame = frames_.back();
  if (holds || findings_.size() > frame.first_finding + frame.failed_conditions) return;
  ++frame.failed_conditions;
  find(message);
  findings_.back().order = kCondition;
}

}  // namespace podsim::config
