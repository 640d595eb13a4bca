// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "podsim/base/error.h"

namespace podsim::study {
namespace {

constexpr int kDeepest = 100;  // parentheses inside one another

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Recursive descent: sum = product {+|- product}, product = factor {*|/ factor}.
class Parser {
 public:
  Parser(std::string_view text, const std::function<double(const std::string&)>& value_of)
      : text_(text), value_of_(value_of) {}

  double run() {
    const double value = sum();
    if (peek() != '\0') fail("an operator");
    return value;
  }

 private:
  char peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(fmt::format("\"{}\"", c));
  }

  [[noreturn]] void fail(const std::string& expected) {
    const std::string found = at_ < text_.size() ? fmt::format("\"{}\"", text_.substr(at_)) : "its end";
    throw ConfigError(fmt::format("figure \"{}\": found {}, expected {}", text_, found, expected));
  }

  double sum() {
    double value = product();
    while (true) {
      if (take('+'))
        value += product();
      else if (take('-'))
        value -= product();
      else
        return value;
    }
  }

  double product() {
    double value = factor();
    while (true) {
      if (take('*'))
        value *= factor();
      else if (take('/'))
        value /= factor();
      else
        return value;
    }
  }

  double factor() {
    const char c = peek();
    if (c == '(') return parenthesis();
    if (take('-')) return -factor();
    if (is_digit(c)) return number();
    if (is_letter(c)) return named();
    fail("a number, a name or \"(\"");
  }

  double parenthesis() {
    if (++depth_ > kDeepest) fail("fewer parentheses");
    expect('(');
    const double value = sum();
    expect(')');
    --depth_;
    return value;
  }

  double number() {
    double value = 0.0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) fail("a number");
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  double named() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    const std::string name(text_.substr(begin, at_ - begin));
    return peek() == '(' ? function(name) : value_of_(name);
  }

  double function(const std::string& name) {
    if (++depth_ > kDeepest) fail("fewer parentheses");
    expect('(');
    const double first = sum();
    expect(',');
    const double second = sum();
    expect(')');
    --depth_;
    if (name == "min") return std::min(first, second);
    if (name == "max") return std::max(first, second);
    if (name == "pow") return std::pow(first, second);
    throw ConfigError(
        fmt::format("figure \"{}\": unknown function \"{}\", known are min, max, pow", text_, name));
  }

  std::string_view text_;
  const std::function<double(const std::string&)>& value_of_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

double evaluate(std::string_view text, const std::function<double(const std::string&)>& value_of) {
  return Parser(text, value_of).run();
}

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  evaluate(text, [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    return 1.0;
  });
  return names;
}

}  // namespace podsim::study
