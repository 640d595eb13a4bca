// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/trace_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw ConfigError(fmt::format("cannot read {}: {}", path, std::generic_category().message(error)));
}

class FileBytes : public ByteSource {
 public:
  explicit FileBytes(const std::string& path)
      : ByteSource(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) fail(path, errno);
    struct stat status {};
    const bool known = ::fstat(descriptor_, &status) == 0;
    if (known && S_ISREG(status.st_mode)) {
      size_ = static_cast<std::uint64_t>(status.st_size);
      return;
    }
    const int reason = known ? 0 : errno;
    ::close(descriptor_);  // no destructor runs for a constructor that throws
    if (reason != 0) fail(path, reason);
    if (S_ISDIR(status.st_mode)) fail(path, EISDIR);
    throw ConfigError(fmt::format("cannot read {}: a pipe or device, expected a regular file", path));
  }
  ~FileBytes() override { ::close(descriptor_); }

  std::uint64_t size() const override { return size_; }

 private:
  void read_inside(std::uint64_t offset, void* into, std::size_t size) override {
    auto* to = static_cast<char*>(into);
    while (size > 0) {
      const ssize_t got = ::pread(descriptor_, to, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(name(), errno);
      if (got == 0) throw ConfigError(fmt::format("{}: the file became shorter while it was read", name()));
      to += got;
      offset += static_cast<std::uint64_t>(got);
      size -= static_cast<std::size_t>(got);
    }
  }

  int descriptor_;
  std::uint64_t size_ = 0;
};

class BufferBytes : public ByteSource {
 public:
  BufferBytes(std::string content, std::string name)
      : ByteSource(std::move(name)), content_(std::move(content)) {}
  std::uint64_t size() const override { return content_.size(); }

 private:
  void read_inside(std::uint64_t offset, void* into, std::size_t size) override {
    std::memcpy(into, content_.data() + offset, size);
  }

  std::string content_;
};

}  // namespace

void ByteSource::read(std::uint64_t offset, void* into, std::size_t size) {
  if (size == 0) return;
  if (offset > this->size() || size > this->size() - offset) {
    throw ConfigError(fmt::format("{}: ends at byte {}, expected {} bytes from byte {} on", name(),
                                  this->size(), size, offset));
  }
  read_inside(offset, into, size);
}

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  return std::make_unique<FileBytes>(path);
}

std::unique_ptr<ByteSource> bytes_of(std::string content, std::string name) {
  return std::make_unique<BufferBytes>(std::move(content), std::move(name));
}

// Drops the lines that were handed out and appends the next block. False at the end of the file.
bool LineReader::fill() {
  constexpr std::uint64_t kBlock = std::uint64_t{256} << 10U;
  buffer_.erase(0, at_);
  at_ = 0;
  const auto size = static_cast<std::size_t>(std::min(kBlock, source_.size() - end_));
  if (size == 0) return false;
  if (buffer_.size() > kLongestLine) {
    throw ConfigError(
        fmt::format("{}: line {} is longer than {} bytes", source_.name(), lines_ + 1, kLongestLine));
  }
  const std::size_t old = buffer_.size();
  buffer_.resize(old + size);
  source_.read(end_, buffer_.data() + old, size);
  end_ += size;
  return true;
}

bool LineReader::next(TextLine& line) {
  std::size_t searched = at_;
  std::size_t found = buffer_.find('\n', searched);
  while (found == std::string::npos) {
    searched = buffer_.size() - at_;  // where the new block begins once the old lines are dropped
    if (!fill()) break;
    found = buffer_.find('\n', searched);
  }
  const std::size_t end = found == std::string::npos ? buffer_.size() : found;
  if (found == std::string::npos && end == at_) return false;
  line.number = ++lines_;
  line.offset = end_ - (buffer_.size() - at_);
  line.text = std::string_view(buffer_).substr(at_, end - at_);
  at_ = found == std::string::npos ? end : end + 1;
  return true;
}

}  // namespace podsim::moe
