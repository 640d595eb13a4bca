// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "podsim/base/error.h"

namespace podsim::stats {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, int error) {
  throw ConfigError(
      fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(error)));
}

// The file itself where `path` is a link to one, so that the link stays.
fs::path resolve(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  return error ? path : real;
}

// Renaming over a pipe or a device would replace it.
bool written_directly(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

fs::path beside(const fs::path& path) {
  return path.parent_path() / fmt::format(".{}.{}.part", path.filename().string(), ::getpid());
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), target_(resolve(path_)) {
  std::error_code error;
  if (fs::is_directory(target_, error) || !target_.has_filename()) fail(path_, EISDIR);
  if (!written_directly(target_)) temporary_ = beside(target_);
  errno = 0;
  stream_.open(temporary_.empty() ? target_ : temporary_, std::ios::binary | std::ios::trunc);
  if (stream_.is_open()) return;
  const int reason = errno;
  temporary_.clear();
  fail(path_, reason);
}

AtomicFile::~AtomicFile() {
  if (temporary_.empty()) return;
  stream_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  errno = 0;
  stream_.close();  // flushes; a full disk shows here at the latest
  if (!stream_) fail(path_, errno != 0 ? errno : EIO);
  if (temporary_.empty()) return;
  std::error_code error;
  fs::rename(temporary_, target_, error);
  if (error) fail(path_, error.value());
  temporary_.clear();
}

void write_file(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.stream() << text;
  file.commit();
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw ConfigError(fmt::format("cannot make the folder {}: {}", path.string(), error.message()));
  if (!fs::is_directory(path, error)) fail(path, ENOTDIR);
}

}  // namespace podsim::stats
