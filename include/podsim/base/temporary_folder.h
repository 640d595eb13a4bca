// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace podsim {

// A folder of our own for files of a run, gone with the object.
class TemporaryFolder {
 public:
  // `purpose` is part of its name. ConfigError if none can be made.
  explicit TemporaryFolder(const char* purpose);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace podsim
