// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <ostream>
#include <string_view>
#include <type_traits>

#include "podsim/base/error.h"

// Format: numpy.lib.format, "NPY format version 1.0" to "3.0". Words are copied as they stand: podsim runs on
// little-endian machines only.
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the trace readers and writers expect a little-endian machine"
#endif

namespace podsim::moe {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kLongestHeader = 64U << 10U;
constexpr std::uint64_t kLargestTurned = 1U << 30U;  // bytes of a Fortran-order array

// The header is a Python dictionary literal of three known keys.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    skip_space();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  bool take_quoted(std::string& into) {
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return false;
    into = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }
  bool take_size(std::int64_t& into) {
    skip_space();
    const std::size_t first = at_;
    into = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (__builtin_mul_overflow(into, 10, &into) || __builtin_add_overflow(into, text_[at_] - '0', &into))
        return false;
    }
    return at_ > first;
  }
  bool take_shape(std::vector<std::int64_t>& into) {
    if (!take('(')) return false;
    while (!take(')')) {
      std::int64_t size = 0;
      if (!take_size(size)) return false;
      into.push_back(size);
      if (!take(',')) return take(')');
    }
    return true;
  }
  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

// Calls `visit` with a value of the element type of that kind and width.
template <class Visit>
void with_element_type(char kind, std::size_t width, const Visit& visit) {
  if (kind == 'f') return width == 4 ? visit(float{}) : visit(double{});
  const bool is_signed = kind == 'i';
  switch (width) {
    case 1:
      return is_signed ? visit(std::int8_t{}) : visit(std::uint8_t{});
    case 2:
      return is_signed ? visit(std::int16_t{}) : visit(std::uint16_t{});
    case 4:
      return is_signed ? visit(std::int32_t{}) : visit(std::uint32_t{});
    default:
      return is_signed ? visit(std::int64_t{}) : visit(std::uint64_t{});
  }
}

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

NpyFile::NpyFile(std::unique_ptr<ByteSource> bytes) : bytes_(std::move(bytes)) {
  parse_header(read_header());
  check_size();
  if (fortran_order_ && shape_.size() > 1) turn_round();
}

std::string NpyFile::read_header() {
  const std::uint64_t size = bytes_->size();
  std::string start(std::min<std::uint64_t>(size, 12), '\0');
  bytes_->read(0, start.data(), start.size());
  if (start.compare(0, kMagic.size(), kMagic) != 0) fail("no NumPy .npy file, which begins with \\x93NUMPY");
  if (start.size() < 12) fail(fmt::format("ends at byte {}, inside the header", size));
  const int version = static_cast<unsigned char>(start[6]);
  if (version < 1 || version > 3) fail(fmt::format("format version {}, expected 1, 2 or 3", version));

  const std::size_t length_bytes = version == 1 ? 2 : 4;
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;)
    length = length << 8U | static_cast<unsigned char>(start[8 + i]);
  data_ = 8 + length_bytes + length;
  if (length > kLongestHeader)
    fail(fmt::format("a header of {} bytes, expected at most {}", length, kLongestHeader));
  if (data_ > size) fail(fmt::format("ends at byte {}, inside the header of {} bytes", size, data_));
  std::string header(length, '\0');
  bytes_->read(8 + length_bytes, header.data(), header.size());
  return header;
}

// The file is exactly as long as its shape says.
void NpyFile::check_size() {
  std::int64_t wanted = 0;
  for (std::int64_t extent : shape_) {
    if (__builtin_mul_overflow(elements_, extent, &elements_))
      fail(fmt::format("shape {} overflows", shape_text(shape_)));
  }
  if (elements_ == 0) fail(fmt::format("shape {} has no elements", shape_text(shape_)));
  if (__builtin_mul_overflow(elements_, static_cast<std::int64_t>(width_), &wanted)) {
    fail(fmt::format("shape {} overflows", shape_text(shape_)));
  }
  const std::uint64_t found = bytes_->size() - data_;
  if (found != static_cast<std::uint64_t>(wanted)) {
    fail(fmt::format("shape {} of {} takes {} bytes, the file has {} behind its header", shape_text(shape_),
                     data_type_, wanted, found));
  }
}

void NpyFile::parse_header(const std::string& header) {
  HeaderParser parser(header);
  bool has_type = false;
  bool has_order = false;
  bool has_shape = false;
  bool good = parser.take('{');
  while (good && !parser.take('}')) {
    std::string key;
    good = parser.take_quoted(key) && parser.take(':');
    if (good && key == "descr" && !has_type) {
      good = has_type = parser.take_quoted(data_type_);
    } else if (good && key == "fortran_order" && !has_order) {
      fortran_order_ = parser.take(std::string_view("True"));
      good = has_order = fortran_order_ || parser.take(std::string_view("False"));
    } else if (good && key == "shape" && !has_shape) {
      good = has_shape = parser.take_shape(shape_);
    } else {
      good = false;
    }
    if (good && !parser.take(',')) {
      good = parser.take('}');
      break;
    }
  }
  if (!good || !parser.at_end() || !has_type || !has_order || !has_shape) {
    fail("a header that is not {'descr': .., 'fortran_order': .., 'shape': (..)} of a plain type");
  }
  set_type(data_type_);
}

void NpyFile::set_type(const std::string& type) {
  static constexpr std::array<std::string_view, 11> kTypes{"i1", "i2", "i4", "i8", "u1", "u2",
                                                           "u4", "u8", "f4", "f8", "b1"};
  const bool order_known =
      type.size() == 3 && (type[0] == '<' || type[0] == '=' || (type[0] == '|' && type[2] == '1'));
  if (!order_known || std::find(kTypes.begin(), kTypes.end(), type.substr(1)) == kTypes.end()) {
    fail(fmt::format(
        "data type '{}', expected little-endian integers of 1 to 8 bytes or floats of 4 or 8 bytes", type));
  }
  kind_ = type[1];
  width_ = static_cast<std::size_t>(type[2] - '0');
}

// From Fortran order, where the first index runs fastest, to C order, where the last one does.
void NpyFile::turn_round() {
  const std::uint64_t size = bytes_->size() - data_;
  if (size > kLargestTurned) {
    fail(fmt::format("{} bytes in Fortran order, expected at most {}; write it with numpy.ascontiguousarray",
                     size, kLargestTurned));
  }
  std::string from(size, '\0');
  bytes_->read(data_, from.data(), from.size());
  std::string to(size, '\0');
  std::vector<std::int64_t> index(shape_.size(), 0);
  std::vector<std::size_t> stride(shape_.size(), width_);
  for (std::size_t d = 1; d < shape_.size(); ++d)
    stride[d] = stride[d - 1] * static_cast<std::size_t>(shape_[d - 1]);
  std::size_t source = 0;
  for (std::size_t at = 0; at < to.size(); at += width_) {
    std::memcpy(to.data() + at, from.data() + source, width_);
    for (std::size_t d = shape_.size(); d-- > 0;) {  // the next index in C order
      source += stride[d];
      if (++index[d] < shape_[d]) break;
      source -= stride[d] * static_cast<std::size_t>(shape_[d]);
      index[d] = 0;
    }
  }
  bytes_ = bytes_of(std::move(to), name());
  data_ = 0;
}

template <class Value>
void NpyFile::decode(const char* from, Span<Value> values) const {
  with_element_type(kind_, width_, [&](auto element) {
    using Element = decltype(element);
    for (Value& value : values) {
      std::memcpy(&element, from, sizeof element);
      from += sizeof element;
      if constexpr (std::is_same_v<Element, std::uint64_t> && std::is_integral_v<Value>) {
        if (element > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
          fail(fmt::format("the value {} does not fit in 63 bits", element));
      }
      value = static_cast<Value>(element);
    }
  });
}

void NpyFile::read_runs(std::int64_t first, std::int64_t run, std::int64_t stride,
                        Span<std::int64_t> values) {
  if (is_float()) fail(fmt::format("holds floating-point numbers ('{}'), expected integers", data_type_));
  if (values.empty()) return;
  const auto run_size = static_cast<std::size_t>(run);
  PODSIM_CHECK(run > 0 && values.size() % run_size == 0, "{} values in runs of {}", values.size(), run);
  const auto runs = static_cast<std::int64_t>(values.size() / run_size);
  PODSIM_CHECK(first >= 0 && stride >= run && first + (runs - 1) * stride + run <= elements_,
               "{} runs of {} from {}, {} apart, of {} elements", runs, run, first, stride, elements_);
  // Reading what lies between short strides is faster than a system call per run.
  constexpr std::int64_t kBlock = std::int64_t{1} << 20U;
  const auto width = static_cast<std::int64_t>(width_);
  const std::int64_t per_block = std::max<std::int64_t>(1, kBlock / (stride * width));
  for (std::int64_t done = 0; done < runs; done += per_block) {
    const std::int64_t count = std::min(per_block, runs - done);
    buffer_.resize(static_cast<std::size_t>(((count - 1) * stride + run) * width));
    bytes_->read(data_ + static_cast<std::uint64_t>((first + done * stride) * width), buffer_.data(),
                 buffer_.size());
    for (std::int64_t i = 0; i < count; ++i) {
      decode(buffer_.data() + i * stride * width,
             Span<std::int64_t>(values.data() + static_cast<std::size_t>((done + i) * run), run_size));
    }
  }
}

void NpyFile::read(std::int64_t first, Span<std::int64_t> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  read_runs(first, size, size, values);
}

void NpyFile::read(std::int64_t first, Span<double> values) {
  PODSIM_CHECK(first >= 0 &&
                   static_cast<std::uint64_t>(first) + values.size() <= static_cast<std::uint64_t>(elements_),
               "{} elements from {} of {}", values.size(), first, elements_);
  buffer_.resize(values.size() * width_);
  bytes_->read(data_ + static_cast<std::uint64_t>(first) * width_, buffer_.data(), buffer_.size());
  decode(buffer_.data(), values);
}

void NpyFile::fail(const std::string& message) const {
  throw ConfigError(fmt::format("{}: {}", name(), message));
}

void write_npy_header(std::ostream& out, const std::string& type, const std::vector<std::int64_t>& shape) {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type, shape_text(shape));
  // Magic, version and length take 10 bytes; the header ends in a line break on a multiple of 64.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  out << kMagic << '\1' << '\0' << static_cast<char>(header.size() & 0xFFU)
      << static_cast<char>(header.size() >> 8U) << header;
}

}  // namespace podsim::moe
