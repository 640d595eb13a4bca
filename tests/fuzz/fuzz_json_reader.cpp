// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "../unit/config/sample.h"
#include "podsim/base/error.h"
#include "podsim/config/document.h"
#include "podsim/config/fields.h"

// Any bytes are either a configuration, which then reads back from what is written of it to the same, or a
// ConfigError with a message. Bytes after the first zero byte are --set arguments, one per line.
namespace {

using podsim::ConfigError;
using podsim::sample::Machine;
namespace config = podsim::config;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void read(std::string_view text) {
  try {
    const nlohmann::ordered_json written = config::write(config::parse<Machine>(text, "fuzz.json"));
    require(config::write(config::parse<Machine>(written.dump(), "written")) == written);
  } catch (const ConfigError& error) {
    require(*error.what() != '\0');
  }
}

void set_and_read(std::string_view text, std::string_view assignments) {
  try {
    config::Document document = config::Document::parse(text, "fuzz.json");
    while (!assignments.empty()) {
      const std::size_t end = assignments.find('\n');
      const std::string_view assignment = assignments.substr(0, end);
      document.apply_set(assignment);
      static_cast<void>(document.get(assignment.substr(0, assignment.find('='))));
      assignments.remove_prefix(end == std::string_view::npos ? assignments.size() : end + 1);
    }
    static_cast<void>(document.read<Machine>());
  } catch (const ConfigError& error) {
    require(*error.what() != '\0');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = input.find('\0');
  read(input);
  if (zero == std::string_view::npos) return 0;
  read(input.substr(0, zero));
  set_and_read(input.substr(0, zero), input.substr(zero + 1));
  return 0;
}
