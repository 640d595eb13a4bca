// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace podsim::moe {

// Random access to the bytes of a file that may be larger than memory, or of a buffer.
class ByteSource {
 public:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  const std::string& name() const { return name_; }  // for messages
  virtual std::uint64_t size() const = 0;
  // Copies `size` bytes from `offset` on. Throws ConfigError when the source ends before that.
  void read(std::uint64_t offset, void* into, std::size_t size);

 private:
  // The range is inside the source.
  virtual void read_inside(std::uint64_t offset, void* into, std::size_t size) = 0;

  std::string name_;
};

// A regular file. Throws ConfigError with the system's reason when it cannot be opened.
std::unique_ptr<ByteSource> open_bytes(const std::string& path);
// A buffer; `name` stands for the file in messages.
std::unique_ptr<ByteSource> bytes_of(std::string content, std::string name);

// A line of a text file, without its line break.
struct TextLine {
  std::int64_t number = 0;   // from 1
  std::uint64_t offset = 0;  // of its first byte
  std::string_view text{};   // until the next call
};

// The lines of a source one after the other, with one block of the file in memory.
class LineReader {
 public:
  // A line beyond this is an error: no routing record is so long.
  static constexpr std::size_t kLongestLine = std::size_t{64} << 20U;

  explicit LineReader(ByteSource& source) : source_(source) {}
  // False at the end of the file. The last line needs no line break.
  bool next(TextLine& line);

 private:
  bool fill();

  ByteSource& source_;
  std::string buffer_;
  std::size_t at_ = 0;     // of the next line in buffer_
  std::uint64_t end_ = 0;  // file offset behind buffer_
  std::int64_t lines_ = 0;
};

}  // namespace podsim::moe
