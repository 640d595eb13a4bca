// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>
#include <vector>

#include "podsim/units/units.h"

namespace podsim {

// How a failed assertion shows a quantity.
template <class Unit>
void showValue(const Quantity<Unit>& quantity, std::ostream& out) {
  out << to_string(quantity);
}

}  // namespace podsim

// What the generators draw with. Usable inside a property or rc::gen::exec only; shrinks towards `low`, the
// first of the values, and false.
namespace podsim::property {

// Any of [low, high], whatever the size of the test case.
inline std::int64_t uniform(std::int64_t low, std::int64_t high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));
}

template <class T>
T one_of(const std::vector<T>& values) {
  return values[static_cast<std::size_t>(uniform(0, static_cast<std::int64_t>(values.size()) - 1))];
}

inline bool chance(int percent) {
  return uniform(0, 99) >= 100 - percent;
}

inline std::uint64_t any_seed() {
  return static_cast<std::uint64_t>(uniform(1, 1'000'000'000));
}

}  // namespace podsim::property
