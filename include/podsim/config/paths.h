// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace podsim::config {

// The folder that holds configs/ and models/: PODSIM_DATA if set; else ../share/podsim beside the executable;
// else the nearest folder above the executable that has both. Empty when there is none.
std::filesystem::path data_root();

// A path as the user wrote it, looked for in this order: as it is if absolute; from the current folder; from
// `mentioned_in`, the folder of the file that has it (may be empty); from data_root().
struct Resolution {
  std::optional<std::filesystem::path> file;  // the first that exists and is not a folder
  bool is_folder = false;                     // no file, but a folder of that name
  std::vector<std::string> looked_in;         // what was tried, as a message says it
};
Resolution resolve_path(const std::string& path, const std::filesystem::path& mentioned_in);

// The whole of a file. `name` is what messages call it. Throws ConfigError when it cannot be read.
std::string read_whole_file(const std::filesystem::path& file, const std::string& name);

}  // namespace podsim::config
