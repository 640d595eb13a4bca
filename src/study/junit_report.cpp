// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "podsim/study/report.h"
#include "podsim/study/statistics.h"
#include "study/report_words.h"

namespace podsim::study {
namespace {

// How many bytes the UTF-8 character at `at` has, if XML 1.0 allows it; 0 otherwise.
std::size_t xml_character(const std::string& text, std::size_t at) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + size > text.size()) return 0;
  unsigned code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (byte(at + i) & 0x3FU);
  }
  constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool none = code == 0xFFFE || code == 0xFFFF;
  return code < kLeast[size] || code > 0x10FFFF || surrogate || none ? 0 : size;
}

std::string escaped(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\n':
      return "&#10;";  // kept in attributes too
    default:
      return {c};
  }
}

std::string summary(const Result& result) {
  if (!result.value) return result.failure;
  std::string text = fmt::format("{} is {}, measured {}: {}", result.metric, value_text(result),
                                 figure_text(result.expected), error_text(result));
  if (result.tolerance) text += fmt::format(", tolerance {:.1f} %", *result.tolerance * 100.0);
  return fmt::format("{} ({})", text, kind_text(result));
}

std::string outcome(const Result& result) {
  const std::string said = xml_text(summary(result));
  switch (result.verdict) {
    case Verdict::Missed:
      return fmt::format("      <failure message=\"{}\"/>\n", said);
    case Verdict::Failed:
      return fmt::format("      <error message=\"{}\"/>\n", said);
    case Verdict::Explained:
      return fmt::format("      <skipped message=\"{}; {}\"/>\n", said, xml_text(result.why));
    case Verdict::Within:
    case Verdict::Shown:
      break;
  }
  return fmt::format("      <system-out>{}</system-out>\n", said);
}

std::string test_case(const Result& result) {
  return fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n{}    </testcase>\n",
                     xml_text(result.family), xml_text(row_name(result)), result.wall_s, outcome(result));
}

std::string counts(const Statistics& stats, std::size_t tests) {
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", tests, stats.missed,
                     stats.failed, stats.explained);
}

}  // namespace

std::string xml_text(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = xml_character(text, at);
    if (size == 0)
      out += '?';
    else if (size == 1)
      out += escaped(text[at]);
    else
      out += text.substr(at, size);
    at += size == 0 ? 1 : size;
  }
  return out;
}

std::string junit_report(const std::vector<Result>& results) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text +=
      fmt::format("<testsuites name=\"podsim validate\" {}>\n", counts(statistics(results), results.size()));
  for (const Family& family : by_family(results)) {
    text += fmt::format("  <testsuite name=\"{}\" {}>\n", xml_text(family.name),
                        counts(family.statistics, family.results.size()));
    for (const Result& result : family.results) text += test_case(result);
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace podsim::study
