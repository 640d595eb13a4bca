// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/entry.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cstring>
#include <utility>

#include "podsim/base/error.h"

namespace podsim::kernel {
namespace {

using AscendC::KernelMetaType;

constexpr std::array<std::pair<const char*, KernelMetaType>, 10> kTypeNames{{
    {"KERNEL_TYPE_AIV_ONLY", AscendC::KERNEL_TYPE_AIV_ONLY},
    {"KERNEL_TYPE_AIC_ONLY", AscendC::KERNEL_TYPE_AIC_ONLY},
    {"KERNEL_TYPE_MIX_AIV_1_0", AscendC::KERNEL_TYPE_MIX_AIV_1_0},
    {"KERNEL_TYPE_MIX_AIC_1_0", AscendC::KERNEL_TYPE_MIX_AIC_1_0},
    {"KERNEL_TYPE_MIX_AIC_1_1", AscendC::KERNEL_TYPE_MIX_AIC_1_1},
    {"KERNEL_TYPE_MIX_AIC_1_2", AscendC::KERNEL_TYPE_MIX_AIC_1_2},
    {"KERNEL_TYPE_AICORE", AscendC::KERNEL_TYPE_AICORE},
    {"KERNEL_TYPE_VECTORCORE", AscendC::KERNEL_TYPE_VECTORCORE},
    {"KERNEL_TYPE_MIX_AICORE", AscendC::KERNEL_TYPE_MIX_AICORE},
    {"KERNEL_TYPE_MIX_VECTOR_CORE", AscendC::KERNEL_TYPE_MIX_VECTOR_CORE},
}};

// The text with comments and string literals blanked, so that positions stay.
std::string without_comments(std::string_view source) {
  std::string text(source);
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    if (text.compare(i, 2, "//") == 0) {
      end = std::min(text.find('\n', i), text.size());
    } else if (text.compare(i, 2, "/*") == 0) {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string::npos ? text.size() : close + 2;
    } else if (text[i] == '"') {
      for (end = i + 1; end < text.size() && text[end] != '"'; ++end) end += text[end] == '\\' ? 1U : 0U;
      // An include's name is no string to lose, but neither does it declare a kernel.
      end = std::min(end + 1, text.size());
      if (end - i == 3 && text[i + 1] == 'C') {  // extern "C"
        i = end;
        continue;
      }
    }
    if (end == i) {
      ++i;
      continue;
    }
    for (; i < end; ++i) text[i] = text[i] == '\n' ? '\n' : ' ';
  }
  return text;
}

// Preprocessor lines blanked too: a macro's body is not yet code.
void blank_directives(std::string& text) {
  for (std::size_t line = 0; line < text.size();) {
    std::size_t end = std::min(text.find('\n', line), text.size());
    const std::size_t first = text.find_first_not_of(" \t", line);
    if (first < end && text[first] == '#') {
      while (end < text.size() && end > line && text[end - 1] == '\\')
        end = std::min(text.find('\n', end + 1), text.size());
      for (std::size_t i = line; i < end; ++i) text[i] = text[i] == '\n' ? '\n' : ' ';
    }
    line = end + 1;
  }
}

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return std::string(text);
}

// Past the bracket that closes the one at `open`.
std::size_t past_bracket(std::string_view text, std::size_t open) {
  const char opening = text[open];
  const char closing = opening == '(' ? ')' : '}';
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    depth += text[i] == opening ? 1 : (text[i] == closing ? -1 : 0);
    if (depth == 0) return i + 1;
  }
  return text.size();
}

std::vector<std::string> split_parameters(std::string_view list) {
  std::vector<std::string> parameters;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const char c = i < list.size() ? list[i] : ',';
    depth += c == '(' || c == '<' ? 1 : (c == ')' || c == '>' ? -1 : 0);
    if (c != ',' || depth != 0) continue;
    const std::string parameter = trimmed(list.substr(start, i - start));
    if (!parameter.empty() && parameter != "void") parameters.push_back(parameter);
    start = i + 1;
  }
  return parameters;
}

KernelMetaType type_named(const std::string& kernel, const std::string& name) {
  std::string known;
  for (const auto& [text, type] : kTypeNames) {
    if (name == text) return type;
    known += (known.empty() ? "" : ", ") + std::string(text);
  }
  throw ConfigError(
      fmt::format("kernel {}: unknown core type '{}', expected one of {}", kernel, name, known));
}

// Core type by the qualifiers between __global__ and the name.
void apply_qualifiers(const std::string& qualifiers, KernelEntry& entry) {
  const auto has = [&](const char* word) { return qualifiers.find(word) != std::string::npos; };
  entry.type_given = true;
  if (has("__vector__")) {
    entry.type = AscendC::KERNEL_TYPE_AIV_ONLY;
  } else if (has("__cube__")) {
    entry.type = AscendC::KERNEL_TYPE_AIC_ONLY;
  } else if (has("__mix__(1,0)")) {
    entry.type = AscendC::KERNEL_TYPE_MIX_AIC_1_0;
  } else if (has("__mix__(0,1)")) {
    entry.type = AscendC::KERNEL_TYPE_MIX_AIV_1_0;
  } else if (has("__mix__(1,1)")) {
    entry.type = AscendC::KERNEL_TYPE_MIX_AIC_1_1;
  } else if (has("__mix__(1,2)")) {
    entry.type = AscendC::KERNEL_TYPE_MIX_AIC_1_2;
  } else if (has("__mix__")) {
    throw ConfigError(fmt::format("kernel {}: __mix__ takes (1, 0), (0, 1), (1, 1) or (1, 2)", entry.name));
  } else {
    entry.type_given = false;
  }
}

void apply_body(std::string_view body, KernelEntry& entry) {
  for (const std::string_view marker : {"KERNEL_TASK_TYPE_DEFAULT", "KERNEL_TASK_TYPE"}) {
    const std::size_t at = body.find(marker);
    if (at == std::string_view::npos) continue;
    const std::size_t open = body.find('(', at);
    if (open == std::string_view::npos) continue;
    const std::vector<std::string> arguments =
        split_parameters(body.substr(open + 1, past_bracket(body, open) - open - 2));
    if (arguments.empty()) continue;
    entry.type = type_named(entry.name, arguments.back());
    entry.type_given = true;
    return;
  }
}

}  // namespace

std::vector<KernelEntry> find_kernels(std::string_view source) {
  constexpr std::string_view kGlobal = "__global__";
  std::string text = without_comments(source);
  blank_directives(text);
  const std::string_view view = text;
  std::vector<KernelEntry> entries;
  for (std::size_t at = view.find(kGlobal); at != std::string_view::npos; at = view.find(kGlobal, at + 1)) {
    // The parameter list opens after a name that is not a qualifier with arguments.
    std::size_t from = at + kGlobal.size();
    while (true) {
      const std::size_t open = view.find('(', from);
      if (open == std::string_view::npos) return entries;
      std::size_t last = open;
      while (last > at && std::isspace(static_cast<unsigned char>(view[last - 1])) != 0) --last;
      std::size_t first = last;
      while (first > at && is_name(view[first - 1])) --first;
      const std::string_view name = view.substr(first, last - first);
      const std::size_t closed = past_bracket(view, open);
      from = closed;
      if (name.substr(0, 2) == "__") continue;
      KernelEntry entry;
      entry.name = std::string(name);
      entry.parameters = split_parameters(view.substr(open + 1, closed - open - 2));
      std::string qualifiers;
      // Qualifiers may stand before __global__ as well.
      const std::size_t before = view.find_last_of(";{}", at);
      const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
      for (const char c : view.substr(begin, first - begin)) {
        if (std::isspace(static_cast<unsigned char>(c)) == 0) qualifiers += c;
      }
      apply_qualifiers(qualifiers, entry);
      const std::size_t body = view.find_first_of("{;", closed);
      if (body != std::string_view::npos && view[body] == '{') {
        apply_body(view.substr(body, past_bracket(view, body) - body), entry);
        entries.push_back(std::move(entry));
      }
      break;
    }
  }
  return entries;
}

std::optional<std::string> without_launches(std::string_view source) {
  const std::string code = without_comments(source);
  std::string text(source);
  bool found = false;
  for (std::size_t at = code.find("<<<"); at != std::string::npos; at = code.find("<<<", at + 1)) {
    const std::size_t close = code.find(">>>", at);
    if (close == std::string::npos || code.find_first_of(";{}", at) < close) continue;  // no launch
    for (std::size_t i = at; i < close + 3; ++i) text[i] = text[i] == '\n' ? '\n' : ' ';
    found = true;
  }
  if (!found) return std::nullopt;
  return text;
}

void copy_tiling(void* to, const void* from, std::uint64_t bytes) {
  constexpr std::uint64_t kWord = 8;
  for (std::uint64_t at = 0; at < bytes; at += kWord) {
    const std::uint64_t part = std::min(kWord, bytes - at);
    global_access("GET_TILING_DATA", static_cast<const std::byte*>(from) + at, false, part);
    std::memcpy(static_cast<std::byte*>(to) + at, static_cast<const std::byte*>(from) + at, part);
  }
}

}  // namespace podsim::kernel
