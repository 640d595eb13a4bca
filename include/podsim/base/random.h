// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

namespace podsim {

// One well-mixed 64-bit word from another (the finaliser of SplitMix64, Steele et al., OOPSLA 2014).
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

// A seeded, named stream of random numbers: SplitMix64. Two streams with different names or indices are
// independent; the same seed, name and indices give the same numbers on every machine.
class Random {
 public:
  using result_type = std::uint64_t;  // satisfies UniformRandomBitGenerator
  Random(std::uint64_t seed, std::string_view stream, std::uint64_t index = 0, std::uint64_t subindex = 0);

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31U);
  }
  // Uniform in [0, bound), without bias to speak of (multiply-shift of 64 bits). `bound` must be positive.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Uint128>((*this)()) * bound) >> 64U);
  }
  // Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>((*this)() >> 11U) * 0x1.0p-53; }
  // Standard normal (Box-Muller, one of the pair used).
  double normal();
  // Gamma with the given shape and scale 1 (Marsaglia-Tsang). `shape` must be positive.
  double gamma(double shape);

  template <class Sequence>
  void shuffle(Sequence& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  __extension__ using Uint128 = unsigned __int128;
  std::uint64_t state_;
};

}  // namespace podsim
