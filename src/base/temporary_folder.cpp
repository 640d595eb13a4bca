// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/temporary_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "podsim/base/error.h"

namespace podsim {

TemporaryFolder::TemporaryFolder(const char* purpose) {
  std::error_code none;
  const std::filesystem::path base = std::filesystem::temp_directory_path(none);
  if (none) throw ConfigError(fmt::format("no folder for temporary files: {}", none.message()));
  std::string name = (base / fmt::format("podsim-{}-XXXXXX", purpose)).string();
  if (::mkdtemp(name.data()) == nullptr)
    throw ConfigError(fmt::format("cannot make a folder in {}: {}", base.string(), std::strerror(errno)));
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace podsim
