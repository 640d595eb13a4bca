// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "config/reader.h"
#include "podsim/base/error.h"
#include "podsim/config/paths.h"
#include "podsim/config/suggest.h"

// How the reader reads each kind of value; reader.cpp has how it moves through objects.
namespace podsim::config {
namespace {

bool looks_right(const QuantityType& type, const std::string& text) {
  constexpr std::size_t kLongest = 100;  // std::regex recurses once per character
  return text.size() <= kLongest && std::regex_match(text, std::regex(type.form.pattern));
}

}  // namespace

void Reader::boolean(bool& value) {
  if (const bool* read = std::get_if<bool>(&node_->value)) {
    value = *read;
  } else {
    expect("true or false");
  }
}

void Reader::integer(std::int64_t& value) {
  if (const auto* read = std::get_if<std::int64_t>(&node_->value)) {
    value = *read;
  } else if (const auto* number = std::get_if<Node::Float>(&node_->value); number && number->is_integer) {
    expect("an integer that fits 63 bits");
  } else {
    expect("an integer");
  }
}

void Reader::number(double& value) {
  if (const auto* real = std::get_if<Node::Float>(&node_->value)) {
    value = real->value;
  } else if (const auto* whole = std::get_if<std::int64_t>(&node_->value)) {
    value = static_cast<double>(*whole);
  } else {
    expect("a number");
  }
}

void Reader::text(std::string& value) {
  if (const std::string* read = node_->text()) {
    value = *read;
  } else {
    expect("a string");
  }
}

void Reader::quantity(const QuantityType& type, std::int64_t& count) {
  const QuantityForm& form = type.form;
  const std::string* written = node_->text();
  if (written == nullptr) {
    return expect(fmt::format("a {} with its unit, such as \"{}\"", form.name, form.example));
  }
  if (const std::optional<std::int64_t> read = type.parse(*written)) {
    count = *read;
  } else if (looks_right(type, *written)) {
    const std::string unit = type.print(1).substr(1);  // "ps" of "1ps"
    expect(fmt::format("a {} that is a whole number of {} and fits 63 bits", form.name, unit));
  } else {
    expect(fmt::format("a {} such as \"{}\"", form.name, form.example));
  }
}

void Reader::enumeration(const EnumType& type, std::size_t& index) {
  const std::string* written = node_->text();
  const auto found = std::find_if(type.names.begin(), type.names.end(), [written](const char* name) {
    return written != nullptr && *written == name;
  });
  if (found == type.names.end()) return expect_one_of(fmt::format("a {}, ", type.what), type.names);
  index = static_cast<std::size_t>(found - type.names.begin());
}

void Reader::raw(std::string& json) {
  json = to_json(*node_).dump();
}

void Reader::file(std::string& path, std::string& resolved) {
  const std::string* written = node_->text();
  if (written == nullptr) return expect("the path of a file");
  path = *written;
  resolved.clear();
  if (path.empty()) return;
  const Resolution found = resolve_path(path, sources_.back().origin->folder);
  if (found.file) {
    resolved = found.file->string();
  } else {
    find(fmt::format("got {}, which {}, expected the path of a file", got(*node_), why_not_found(found)));
  }
}

void Reader::array(ArrayView& view) {
  const Node::Array* items = node_->array();
  if (items == nullptr) return expect("an array");
  view.resize(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    go_down(std::to_string(i), (*items)[i]);
    view.visit_item(i, *this);
    go_up();
  }
}

void Reader::map(MapView& view) {
  const Node::Object* items = node_->object();
  if (items == nullptr) return expect("an object");
  view.clear();
  const bool top = is_top_of_file();
  std::set<std::string_view> seen;
  for (const Node::Member& item : *items) {
    if (top && item.key == "$schema") continue;
    go_down(item.key, item.node);
    if (seen.insert(item.key).second) {
      view.visit_item(item.key, *this);
    } else {
      find("key given twice, expected once");
    }
    go_up();
  }
}

void Reader::variant(VariantView& view) {
  if (node_->object() == nullptr) return expect("an object with the key \"kind\"");
  const std::vector<const char*> kinds = view.kinds();
  const Node* kind = node_->find("kind");
  if (kind == nullptr) {
    return find(
        fmt::format("missing key \"kind\", expected one of {}", quoted_list({kinds.begin(), kinds.end()})));
  }
  const std::string* written = kind->text();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [written](const char* name) {
    return written != nullptr && *written == name;
  });
  if (found == kinds.end()) {
    go_down("kind", *kind);
    expect_one_of("", kinds);
    return go_up();
  }
  view.select(static_cast<std::size_t>(found - kinds.begin()));
  members("kind", [&view](Visitor& inner) { view.visit_fields(inner); });
}

void Reader::sourced(std::string& source, const Visit& value) {
  source.clear();
  const bool has_form = node_->find("value") != nullptr || node_->find("source") != nullptr;
  if (!has_form) return value(*this);
  members(nullptr, [&](Visitor&) {
    if (begin_field("value", Presence::Required, "the value itself", true)) value(*this);
    end_field();
    if (begin_field("source", Presence::Required, "where the value comes from", true)) text(source);
    end_field();
    Rule said;
    said.kind = Rule::Kind::NonEmpty;
    said.holds = !source.empty();
    rule(said);
  });
}

void Reader::reference(std::string& path, const Visit& value) {
  path.clear();
  if (const std::string* written = node_->text()) {
    path = *written;
    return load(path, value);
  }
  if (node_->object() == nullptr) return expect("an object, or the path of a file that has it");
  if (is_top_of_file()) path = node_->origin->name;  // put here by Document
  value(*this);
}

void Reader::load(const std::string& path, const Visit& value) {
  const std::filesystem::path& folder = sources_.back().origin->folder;
  const Resolution found = resolve_path(path, folder);
  if (!found.file) {
    return find(
        fmt::format("got {}, which {}, expected the path of a JSON file", got(*node_), why_not_found(found)));
  }
  Node root;
  try {
    root = load_node(path, folder);
  } catch (const ConfigError& error) {
    findings_.push_back({0, error.what()});
    return;
  }
  const auto open = std::find_if(sources_.begin(), sources_.end(), [&root](const Source& source) {
    return source.origin->file == root.origin->file;
  });
  if (open != sources_.end()) {
    std::string chain;
    for (auto source = open; source != sources_.end(); ++source) chain += source->origin->name + " -> ";
    return find(fmt::format("got {}, which refers to itself: {}{}", got(*node_), chain, path));
  }
  go_into(root);
  value(*this);
  leave();
}

}  // namespace podsim::config
