// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/config/paths.h"
#include "podsim/config/suggest.h"

namespace podsim::app {
namespace {

namespace fs = std::filesystem;

// The names of the JSON files in a folder, without their ending, sorted.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void on_chosen(CLI::App& command, CommandResult& result, Action action) {
  command.callback([&result, action = std::move(action)] { result.action = action; });
}

void add_set_option(CLI::App& command, std::vector<std::string>& sets) {
  command
      .add_option("--set", sets,
                  "set a key of the configuration, /json/pointer=value; may be repeated, the last one wins")
      ->allow_extra_args(false)  // one value each, or it would swallow what follows
      ->type_name("/KEY=VALUE");
}

void add_quiet_option(CLI::App& command, bool& quiet) {
  command.add_flag("-q,--quiet", quiet, "print nothing but errors");
}

std::string find_input(const std::string& name, const std::string& folder) {
  const bool is_path = name.find('/') != std::string::npos || fs::path(name).has_extension();
  if (is_path || config::resolve_path(name, {}).file) return name;
  const std::string path = folder + "/" + name + ".json";
  if (config::resolve_path(path, {}).file) return path;
  std::vector<std::string> known = names_in(folder);
  if (known.empty()) known = names_in(config::data_root() / folder);
  const std::string hint = known.empty() ? "PODSIM_DATA is to name the folder that holds configs and models"
                                         : config::known_names(name, known);
  throw ConfigError(fmt::format("no file \"{}\" here and no \"{}\"; {}", name, path, hint));
}

}  // namespace podsim::app
