// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace podsim::stats {

// A file that is there whole or not at all: written beside its place and renamed by commit(). Without
// commit() the old file, if any, stays. What is no regular file (a pipe, /dev/stdout) is written directly.
// The folder must exist. Every failure is a ConfigError that names the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  std::ostream& stream() { return stream_; }
  void commit();

 private:
  std::filesystem::path path_;       // as the user wrote it, for messages
  std::filesystem::path target_;     // links resolved
  std::filesystem::path temporary_;  // empty: written directly
  std::ofstream stream_;
};

// A whole text as an AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view text);

// Makes a folder and those above it; there already is fine. Failure is a ConfigError.
void make_folder(const std::filesystem::path& path);

}  // namespace podsim::stats
