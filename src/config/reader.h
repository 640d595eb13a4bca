// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "podsim/config/visitor.h"

namespace podsim::config {

// Fills a described value from a Node and collects everything that is wrong, in the order of the document:
// within an object the findings of its members in the order written, then what is missing, then conditions.
class Reader : public Visitor {
 public:
  // Throws ConfigError with all findings, one per line.
  static void read(const Node& root, const Visit& value);

  void boolean(bool& value) override;
  void integer(std::int64_t& value) override;
  void number(double& value) override;
  void text(std::string& value) override;
  void quantity(const QuantityType& type, std::int64_t& count) override;
  void enumeration(const EnumType& type, std::size_t& index) override;
  void raw(std::string& json) override;
  void file(std::string& path, std::string& resolved) override;
  void array(ArrayView& view) override;
  void map(MapView& view) override;
  void variant(VariantView& view) override;
  void object(std::type_index type, const Visit& fields) override;
  void sourced(std::string& source, const Visit& value) override;
  void reference(std::string& path, const Visit& value) override;
  bool begin_field(const char* key, Presence presence, const char* help, bool has_value) override;
  void end_field() override;
  void rule(const Rule& rule) override;
  void check(bool holds, const std::string& message) override;

 private:
  struct Finding {
    std::size_t order;  // of the member it is about, in the object under way
    std::string text;
  };
  // A piece of JSON from one file or --set argument, from its root down to the value under way.
  struct Source {
    const Origin* origin;
    std::vector<std::string> path;  // keys and indices
  };
  // An object under way.
  struct Frame {
    const Node::Object* object;
    std::size_t first_finding;
    std::size_t failed_conditions = 0;
    std::vector<const char*> known{};  // its keys, as described so far
    const Node* field = nullptr;       // the last field, null if absent
    std::size_t field_order = 0;
    std::size_t findings_before_field = 0;
    bool field_wrong = false;
  };

  Reader() = default;
  // To the value one token below, or at the root of another file, and back.
  void go_down(std::string key, const Node& node);
  void go_up();
  void go_into(const Node& root);
  void leave();
  void find(std::string_view message);     // a finding at the present place
  void expect(std::string_view expected);  // "got 5, expected <expected>"
  void expect_one_of(const std::string& what, const std::vector<const char*>& names);
  void members(const char* extra_key, const Visit& fields);  // the present value is an object
  void find_strays();
  void load(const std::string& path, const Visit& value);
  bool is_top_of_file() const;

  const Node* node_ = nullptr;
  std::vector<const Node*> outer_;  // the values around it
  std::vector<Source> sources_;
  std::vector<Frame> frames_;
  std::vector<Finding> findings_;
};

}  // namespace podsim::config
