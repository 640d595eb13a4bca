// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/random.h"

#include <cmath>

namespace podsim {

Random::Random(std::uint64_t seed, std::string_view stream, std::uint64_t index, std::uint64_t subindex)
    : state_(mix64(seed)) {
  for (char c : stream) state_ = mix64(state_ ^ static_cast<unsigned char>(c));
  state_ = mix64(state_ ^ index);
  state_ = mix64(state_ + subindex);
}

double Random::normal() {
  constexpr double kTwoPi = 6.283185307179586476925;
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(kTwoPi * uniform());
}

double Random::gamma(double shape) {
  if (shape < 1.0) return gamma(shape + 1.0) * std::pow(1.0 - uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal();
    const double v = std::pow(1.0 + c * x, 3.0);
    if (v <= 0.0) continue;
    const double u = 1.0 - uniform();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace podsim
