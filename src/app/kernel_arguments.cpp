// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/core/names.h"

namespace podsim::app {
namespace {

using Role = KernelArgument::Role;

constexpr const char* kForms =
    "in:SOURCE, inout:SOURCE[:FILE], out:TYPE:COUNT[:FILE], expect:FILE[:TOLERANCE], workspace:BYTES, "
    "tiling:FILE, null, or a number like i32:5, u32:5, i64:5 or f32:0.5; SOURCE is FILE.npy, FILE.bin, "
    "random:TYPE:COUNT or zeros:TYPE:COUNT";

[[noreturn]] void fail(const std::string& text, const std::string& what) {
  throw ConfigError(fmt::format("argument \"{}\": {}", text, what));
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t colon = 0; colon != std::string::npos; start = colon + 1) {
    colon = text.find(':', start);
    parts.push_back(text.substr(start, colon - start));
  }
  return parts;
}

template <class T>
std::optional<T> number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::int64_t count(const std::string& text, const std::string& whole) {
  constexpr std::int64_t kMost = std::int64_t{1} << 36U;  // device memory holds no more
  const auto value = number<std::int64_t>(text);
  if (!value || *value < 1 || *value > kMost)
    fail(whole, fmt::format("\"{}\" is not a number from 1 to 2^36", text));
  return *value;
}

// The words of one argument, taken from the left.
struct Words {
  const std::string& whole;
  std::vector<std::string> parts;
  std::size_t next = 1;  // after the role

  bool left() const { return next < parts.size(); }
  const std::string& take(const char* what) {
    if (!left()) fail(whole, fmt::format("{} is missing; the forms are {}", what, kForms));
    return parts[next++];
  }
};

KernelArray zeros(Words& words) {
  const kernel::DataType type = parse_data_type(words.take("the type"));
  const std::int64_t elements = count(words.take("the number of elements"), words.whole);
  return {type, {elements}, std::vector<std::byte>(bytes_of(type, elements))};
}

KernelArray source(Words& words, std::uint64_t seed, std::uint64_t place) {
  const std::string& from = words.take("the source");
  if (from == "zeros") return zeros(words);
  if (from != "random") return read_array(from);
  const kernel::DataType type = parse_data_type(words.take("the type"));
  return random_array(type, count(words.take("the number of elements"), words.whole), seed, place);
}

template <class T>
std::vector<std::byte> value_of(const std::string& text, const std::string& whole) {
  const auto value = number<T>(text);
  if (!value)
    fail(whole, fmt::format("\"{}\" does not fit {} bytes as {}", text, sizeof(T),
                            std::is_floating_point_v<T> ? "a floating-point number"
                            : std::is_signed_v<T>       ? "an integer"
                                                        : "an integer without sign"));
  std::vector<std::byte> bytes(sizeof(T));
  std::memcpy(bytes.data(), &*value, sizeof(T));
  return bytes;
}

bool parse_value(const std::string& kind, Words& words, KernelArgument& argument) {
  using Parser = std::vector<std::byte> (*)(const std::string&, const std::string&);
  constexpr std::pair<const char*, Parser> kKinds[] = {
      {"i8", value_of<std::int8_t>},    {"i16", value_of<std::int16_t>},  {"i32", value_of<std::int32_t>},
      {"i64", value_of<std::int64_t>},  {"u8", value_of<std::uint8_t>},   {"u16", value_of<std::uint16_t>},
      {"u32", value_of<std::uint32_t>}, {"u64", value_of<std::uint64_t>}, {"f32", value_of<float>},
      {"f64", value_of<double>}};
  for (const auto& [name, parse] : kKinds) {
    if (kind != name) continue;
    argument.role = Role::Value;
    argument.value_kind = kind.front() == 'f' ? 'f' : 'i';
    argument.value = parse(words.take("the value"), words.whole);
    return true;
  }
  return false;
}

void parse_array(const std::string& kind, Words& words, std::uint64_t seed, std::uint64_t place,
                 KernelArgument& argument) {
  if (kind == "in" || kind == "inout") {
    argument.role = kind == "in" ? Role::In : Role::InOut;
    argument.array = source(words, seed, place);
  } else if (kind == "out") {
    argument.role = Role::Out;
    argument.array = zeros(words);
  } else if (kind == "expect") {
    argument.role = Role::Expect;
    argument.array = read_array(words.take("the file"));
  } else if (kind == "workspace") {
    argument.role = Role::Workspace;
    const std::int64_t bytes = count(words.take("the number of bytes"), words.whole);
    argument.array = {kernel::DataType::Uint8, {bytes}, {}};
  } else if (kind == "tiling") {
    argument.role = Role::Tiling;
    argument.array = read_array(words.take("the file"));
  } else if (kind == "null") {
    argument.role = Role::Null;
  } else {
    fail(words.whole, fmt::format("\"{}\" is not known; the forms are {}", kind, kForms));
  }
}

// The first elements of an output.
std::string preview(const KernelArray& array) {
  constexpr std::int64_t kShown = 8;
  std::string text;
  const std::int64_t count = elements(array);
  for (std::int64_t i = 0; i < std::min(count, kShown); ++i)
    text += fmt::format(" {:.6g}", element(array, i));
  return text + (count > kShown ? " .." : "");
}

}  // namespace

KernelArgument parse_argument(const std::string& text, std::uint64_t seed, std::uint64_t place) {
  Words words{text, split(text)};
  const std::string kind = words.parts.front();
  KernelArgument argument;
  argument.text = text;
  if (!parse_value(kind, words, argument)) parse_array(kind, words, seed, place, argument);
  if (argument.role == Role::InOut || argument.role == Role::Out)
    argument.file = words.left() ? words.take("") : "";
  if (argument.role == Role::Expect && words.left()) {
    const auto tolerance = number<double>(words.take(""));
    if (!tolerance || *tolerance < 0) fail(text, "the tolerance is not a number from 0 up");
    argument.tolerance = *tolerance;
  }
  if (words.left())
    fail(text, fmt::format("\"{}\" is too much; the forms are {}", words.parts[words.next], kForms));
  return argument;
}

KernelArguments::KernelArguments(std::vector<KernelArgument> arguments, kernel::DeviceMemory& memory) {
  for (KernelArgument& argument : arguments) {
    Bound bound{std::move(argument), nullptr, {}};
    const KernelArgument& it = bound.argument;
    if (it.role == Role::Workspace)
      bound.device = memory.allocate(static_cast<std::uint64_t>(it.array.shape.front()));
    if (it.role != Role::Workspace && !it.array.bytes.empty())
      bound.device = memory.allocate(it.array.bytes.size());
    bound_.push_back(std::move(bound));
  }
}

std::vector<void*> KernelArguments::bind(const std::string& name,
                                         const std::vector<KernelParameter>& parameters) {
  if (parameters.size() != bound_.size()) {
    std::string wanted;
    for (const KernelParameter& parameter : parameters)
      wanted += (wanted.empty() ? "" : ", ") + (parameter.text.empty() ? "?" : parameter.text);
    throw ConfigError(fmt::format("kernel {} takes {} arguments ({}), found {} --arg", name,
                                  parameters.size(), wanted, bound_.size()));
  }
  std::vector<void*> places;
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    Bound& bound = bound_[i];
    const KernelArgument& argument = bound.argument;
    const KernelParameter& parameter = parameters[i];
    const bool by_value =
        argument.role == Role::Value || (argument.role == Role::Tiling && parameter.kind == 's');
    const char kind = argument.role == Role::Value ? argument.value_kind : by_value ? 's' : 'p';
    bound.value.resize(sizeof(void*));
    if (by_value) {
      bound.value = argument.role == Role::Value ? argument.value : argument.array.bytes;
    } else {
      std::memcpy(bound.value.data(), &bound.device, sizeof(void*));
    }
    if (kind != parameter.kind || bound.value.size() != parameter.size) {
      const char* what = parameter.kind == 'p'   ? "a pointer"
                         : parameter.kind == 'i' ? "an integer"
                         : parameter.kind == 'f' ? "a floating-point number"
                                                 : "a struct";
      fail(argument.text, fmt::format("parameter {} of kernel {} ({}) is {} of {} bytes, this has {}", i + 1,
                                      name, parameter.text, what, parameter.size, bound.value.size()));
    }
    places.push_back(bound.value.data());
  }
  return places;
}

void KernelArguments::fill() {
  for (Bound& bound : bound_) {
    const Role role = bound.argument.role;
    if (role == Role::In || role == Role::InOut || role == Role::Tiling)
      std::memcpy(bound.device, bound.argument.array.bytes.data(), bound.argument.array.bytes.size());
  }
}

KernelArray KernelArguments::after(const Bound& bound) const {
  KernelArray array = bound.argument.array;
  std::memcpy(array.bytes.data(), bound.device, array.bytes.size());
  return array;
}

std::string KernelArguments::collect() {
  std::string text;
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    const KernelArgument& argument = bound_[i].argument;
    if (argument.role != Role::InOut && argument.role != Role::Out && argument.role != Role::Expect) continue;
    const KernelArray array = after(bound_[i]);
    text += fmt::format("{:<14}argument {}, {}:{}\n", "output", i + 1, config::enum_name(array.type),
                        preview(array));
    if (!argument.file.empty()) write_array(argument.file, array);
    if (argument.role != Role::Expect) continue;
    const std::string wrong = first_difference(array, argument.array, argument.tolerance);
    if (!check_) check_ = "";
    if (!wrong.empty() && check_->empty()) check_ = fmt::format("argument {}: {}", i + 1, wrong);
  }
  return text;
}

}  // namespace podsim::app
