// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "podsim/kernel/numbers.h"

// What the element-wise calls compute, one element at a time. 16-bit floats compute in float and round once;
// integers wrap.
namespace podsim::kernel::math {

template <class T>
inline constexpr bool kIsFloat16 = std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>;
template <class T>
inline constexpr bool kIsFloating = kIsFloat16<T> || std::is_floating_point_v<T>;

// The type that computes for T: float for 16-bit floats, unsigned for integers, so that overflow wraps.
template <class T, bool kInteger = std::is_integral_v<T>>
struct Computing {
  using Type = std::conditional_t<kIsFloat16<T>, float, T>;
};
template <class T>
struct Computing<T, true> {
  using Type = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
};
template <class T>
using computing_t = typename Computing<T>::Type;
template <class T>
computing_t<T> wide(T value) {
  return static_cast<computing_t<T>>(value);
}

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(wide(a) + wide(b));
  }
};
struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(wide(a) - wide(b));
  }
};
struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(wide(a) * wide(b));
  }
};
struct Div {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (kIsFloating<T>)
      return static_cast<T>(wide(a) / wide(b));
    else
      return b == 0 ? T(-1) : static_cast<T>(a / b);
  }
};
struct Max {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (kIsFloating<T>) {
      if (std::isnan(static_cast<double>(a)) || std::isnan(static_cast<double>(b)))
        return std::isnan(static_cast<double>(a)) ? a : b;
      return static_cast<double>(a) < static_cast<double>(b) ? b : a;
    } else {
      return a < b ? b : a;
    }
  }
};
struct Min {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (kIsFloating<T>) {
      if (std::isnan(static_cast<double>(a)) || std::isnan(static_cast<double>(b)))
        return std::isnan(static_cast<double>(a)) ? a : b;
      return static_cast<double>(b) < static_cast<double>(a) ? b : a;
    } else {
      return b < a ? b : a;
    }
  }
};
struct And {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct Relu {
  template <class T>
  T operator()(T a) const {
    return Max{}(a, static_cast<T>(0));
  }
};
struct AddRelu {
  template <class T>
  T operator()(T a, T b) const {
    return Relu{}(Add{}(a, b));
  }
};
struct SubRelu {
  template <class T>
  T operator()(T a, T b) const {
    return Relu{}(Sub{}(a, b));
  }
};
struct ExpSub {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(std::exp(static_cast<double>(wide(a)) - static_cast<double>(wide(b))));
  }
};
struct AbsSub {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(std::fabs(wide(a) - wide(b)));
  }
};
struct LeakyRelu {
  template <class T>
  T operator()(T a, T slope) const {
    return wide(a) >= 0 ? a : Mul{}(a, slope);
  }
};

// a * b + c with one rounding; the product of two halves is exact in float.
template <class D, class S>
D multiply_add(S a, S b, D c) {
  if constexpr (kIsFloating<D>) {
    return static_cast<D>(std::fma(static_cast<double>(a), static_cast<double>(b), static_cast<double>(c)));
  } else {
    return Add{}(c, Mul{}(static_cast<D>(a), static_cast<D>(b)));
  }
}

struct Abs {
  template <class T>
  T operator()(T a) const {
    if constexpr (kIsFloating<T>)
      return static_cast<T>(std::fabs(wide(a)));
    else if constexpr (std::is_signed_v<T>)
      return a < 0 ? Sub{}(static_cast<T>(0), a) : a;
    else
      return a;
  }
};
struct Neg {
  template <class T>
  T operator()(T a) const {
    if constexpr (kIsFloating<T>)
      return static_cast<T>(-wide(a));
    else
      return Sub{}(static_cast<T>(0), a);
  }
};
struct Not {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(~a);
  }
};
// Transcendental results are those of the host's double library, rounded.
struct Exp {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(std::exp(static_cast<double>(a)));
  }
};
struct Ln {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(std::log(static_cast<double>(a)));
  }
};
struct Sqrt {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(std::sqrt(static_cast<double>(a)));
  }
};
struct Rsqrt {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(1.0 / std::sqrt(static_cast<double>(a)));
  }
};
struct Reciprocal {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(1.0 / static_cast<double>(a));
  }
};

template <class T>
T shift_left(T a, T by) {
  constexpr int kBits = static_cast<int>(sizeof(T) * 8);
  if (static_cast<int>(by) >= kBits) return 0;
  return static_cast<T>(static_cast<std::uint64_t>(a) << static_cast<unsigned>(by));
}
// Arithmetic for signed, logical for unsigned; `round` adds the last bit shifted out.
template <class T>
T shift_right(T a, T by, bool round) {
  constexpr int kBits = static_cast<int>(sizeof(T) * 8);
  const int steps = static_cast<int>(by) >= kBits ? kBits - 1 : static_cast<int>(by);
  const auto wider = static_cast<std::int64_t>(a);
  std::int64_t result = static_cast<int>(by) >= kBits && !std::is_signed_v<T> ? 0 : wider >> steps;
  if (round && steps > 0) result += (wider >> (steps - 1)) & 1;
  return static_cast<T>(result);
}

}  // namespace podsim::kernel::math
