// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "podsim/kernel/ascendc.h"

// Activations on floats in the unified buffer, and what they should give. `out` and `x` are different places.
namespace podsim::kernel::ops {

enum class Activation : std::uint8_t { None, Gelu, FasterGelu, Swiglu };

// The tanh form of GELU as a sigmoid: x / (1 + exp(-2 sqrt(2/pi) (x + 0.044715 x^3))). Hendrycks and
// Gimpel, 2016.
inline constexpr float kGeluCubic = 0.044715F;
inline constexpr float kGeluSlope = -1.5957691216057308F;
// The quick form, x / (1 + exp(-1.702 x)), of the same paper; asc-devkit: FasterGelu.
inline constexpr float kFasterGeluSlope = -1.702F;

// Vector instructions overlap: one that reads what an earlier one writes waits for it here.
inline void settle() {
  AscendC::PipeBarrier<PIPE_V>();
}

// out = x / (1 + exp(out)), when out is there.
inline void over_one_plus_exp(const AscendC::LocalTensor<float>& out, const AscendC::LocalTensor<float>& x,
                              std::int32_t count) {
  settle();
  AscendC::Exp(out, out, count);
  settle();
  AscendC::Adds(out, out, 1.0F, count);
  settle();
  AscendC::Div(out, x, out, count);
}
inline void gelu_of(const AscendC::LocalTensor<float>& out, const AscendC::LocalTensor<float>& x,
                    std::int32_t count) {
  AscendC::Mul(out, x, x, count);
  settle();
  AscendC::Mul(out, out, x, count);
  settle();
  AscendC::Muls(out, out, kGeluCubic, count);
  settle();
  AscendC::Add(out, out, x, count);
  settle();
  AscendC::Muls(out, out, kGeluSlope, count);
  over_one_plus_exp(out, x, count);
}
inline void faster_gelu_of(const AscendC::LocalTensor<float>& out, const AscendC::LocalTensor<float>& x,
                           std::int32_t count) {
  AscendC::Muls(out, x, kFasterGeluSlope, count);
  over_one_plus_exp(out, x, count);
}
inline void silu_of(const AscendC::LocalTensor<float>& out, const AscendC::LocalTensor<float>& x,
                    std::int32_t count) {
  AscendC::Muls(out, x, -1.0F, count);
  over_one_plus_exp(out, x, count);
}

inline double plain_gelu(double x) {
  return x /
         (1 + std::exp(static_cast<double>(kGeluSlope) * (x + static_cast<double>(kGeluCubic) * x * x * x)));
}
inline double plain_faster_gelu(double x) {
  return x / (1 + std::exp(static_cast<double>(kFasterGeluSlope) * x));
}
inline double plain_silu(double x) {
  return x / (1 + std::exp(-x));
}

}  // namespace podsim::kernel::ops
