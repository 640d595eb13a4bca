// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/config/verbs.h"

#include <memory>

#include "config/node.h"
#include "config/reader.h"
#include "config/reference_page.h"
#include "config/schema.h"
#include "config/source_finder.h"
#include "config/writer.h"

namespace podsim::config::detail {

void read_file(const std::string& path, const Visit& value) {
  Reader::read(load_node(path, {}), value);
}

void read_text(std::string_view text, const std::string& name, const Visit& value) {
  Reader::read(parse_node(text, std::make_shared<Origin>(Origin{name, {}, ""})), value);
}

nlohmann::ordered_json write(const Visit& value) {
  return Writer::write(value);
}

nlohmann::ordered_json schema(const std::string& title, const Visit& value) {
  return SchemaWriter::write(title, value);
}

std::string reference_page(const std::string& title, const Visit& value) {
  return page_from_schema(SchemaWriter::write(title, value));
}

std::vector<std::string> missing_sources(const Visit& value) {
  return SourceFinder::find(value);
}

}  // namespace podsim::config::detail
