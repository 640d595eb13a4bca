// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

namespace podsim::kernel {

// Parameter of a constructor that takes any number and keeps what fits, as the device does: parameter structs
// are written as brace lists of wider variables, where C++ alone would refuse to narrow.
template <class T>
class Narrow {
 public:
  template <class N, class = std::enable_if_t<std::is_arithmetic_v<N> || std::is_enum_v<N> ||
                                              std::is_convertible_v<N, T>>>
  constexpr Narrow(N value) : value_(static_cast<T>(value)) {}  // NOLINT: conversion is its purpose
  constexpr operator T() const { return value_; }               // NOLINT

 private:
  T value_;
};

// A template parameter's type in a place where it shall not be deduced: scalars arrive as literals of any
// type.
template <class T>
struct AsGiven {
  using Type = T;
};
template <class T>
using as_given_t = typename AsGiven<T>::Type;

}  // namespace podsim::kernel
