// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Arithmetic over named figures: what a claim compares.
namespace podsim::study {

// Numbers, names (letters, digits, "_", and "." inside: `before.moe_layer.latency_us`), + - * / and
// parentheses, min(a, b), max(a, b), pow(a, b). `value_of` is asked for every name, in the order of the text.
// Throws ConfigError when the text is no expression, and what `value_of` throws.
double evaluate(std::string_view text, const std::function<double(const std::string&)>& value_of);

// The names in it, in order, each once.
std::vector<std::string> names_in(std::string_view text);

}  // namespace podsim::study
