// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/config/paths.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <system_error>

#include "podsim/base/error.h"

namespace podsim::config {
namespace {

namespace fs = std::filesystem;

// Configuration is written by hand; more than this is the wrong file, and an endless one must end.
constexpr std::size_t kLargestFile = std::size_t{1} << 28U;  // 256 MiB

bool holds_data(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "configs", ignored) && fs::is_directory(folder / "models", ignored);
}

fs::path folder_of_executable() {
  std::error_code failed;
  const fs::path executable = fs::read_symlink("/proc/self/exe", failed);
  return failed ? fs::path() : executable.parent_path();
}

}  // namespace

fs::path data_root() {
  if (const char* set = std::getenv("PODSIM_DATA"); set != nullptr && *set != '\0') return set;
  const fs::path start = folder_of_executable();
  if (start.empty()) return {};
  const fs::path installed = start.parent_path() / "share" / "podsim";
  if (holds_data(installed)) return installed;
  for (fs::path folder = start; folder != folder.parent_path(); folder = folder.parent_path()) {
    if (holds_data(folder)) return folder;
  }
  return {};
}

Resolution resolve_path(const std::string& path, const fs::path& mentioned_in) {
  Resolution found;
  const auto try_in = [&](const fs::path& folder, const std::string& name) {
    if (found.file) return;
    const fs::path candidate = folder / path;
    std::error_code ignored;
    if (fs::is_directory(candidate, ignored)) {
      found.is_folder = true;
    } else if (fs::exists(candidate, ignored)) {
      found.file = candidate;
    }
    found.looked_in.push_back(name);
  };
  if (path.empty() || path.find('\0') != std::string::npos) return found;
  if (fs::path(path).is_absolute()) {
    try_in({}, "/");
    return found;
  }
  try_in({}, "the current folder");
  if (!mentioned_in.empty()) try_in(mentioned_in, mentioned_in.string());
  if (const fs::path root = data_root(); !root.empty()) {
    try_in(root, root.string());
  } else {
    found.looked_in.push_back("no data folder: PODSIM_DATA may name the one with configs and models");
  }
  return found;
}

std::string read_whole_file(const fs::path& file, const std::string& name) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) throw ConfigError(name + ": is a folder, expected a file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw ConfigError(name + ": cannot be opened for reading");
  std::string text;
  constexpr std::size_t kBlock = std::size_t{1} << 16U;
  while (stream && text.size() <= kLargestFile) {
    const std::size_t size = text.size();
    text.resize(size + kBlock);
    stream.read(text.data() + size, static_cast<std::streamsize>(kBlock));
    text.resize(size + static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) throw ConfigError(name + ": cannot be read to its end");
  if (text.size() > kLargestFile) {
    throw ConfigError(
        fmt::format("{}: is larger than {} bytes, expected a configuration", name, kLargestFile));
  }
  return text;
}

}  // namespace podsim::config
