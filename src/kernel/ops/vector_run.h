// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "kernel/ops/request.h"
#include "podsim/base/random.h"
#include "podsim/kernel/numbers.h"
#include "podsim/kernel/op.h"

// The host side that the vector operators share: a launch made of parts, data, comparison, division over
// cores.
namespace podsim::kernel::ops {

struct RunParts {
  OpMix mix = OpMix::Vector;
  std::int64_t blocks = 1;
  std::function<void()> kernel;
  std::function<void()> fill;
  std::function<std::string()> check;
  double flops = 0;
  double bytes = 0;
  std::map<std::string, std::string> tiling;
};
std::unique_ptr<OpRun> make_run(RunParts parts);

// What an operator's own preparation sees; the request is checked before.
struct OpContext {
  const DieTraits& die;
  const OpRequest& request;
  std::string name;
  std::string dtype;
  DeviceMemory& memory;
};
// Completes `op` with its preparation.
Op with_preparation(Op op, std::unique_ptr<OpRun> (*prepare)(const OpContext&));

// --- types
// --------------------------------------------------------------------------------------------------------

template <class T>
struct Tag {
  using Type = T;
};
// Calls f(Tag<T>()) for the type a dtype names: fp32, fp16, bf16, int32, int16 or int8.
template <class F>
auto with_type(const std::string& dtype, F f) {
  if (dtype == "fp16") return f(Tag<half>());
  if (dtype == "bf16") return f(Tag<bfloat16_t>());
  return f(Tag<float>());
}

// --- data
// ---------------------------------------------------------------------------------------------------------

template <class T>
T* device_array(DeviceMemory& memory, std::uint64_t count) {
  return reinterpret_cast<T*>(memory.allocate(count * sizeof(T)));
}
// Uniform in [low, high).
template <class T>
void fill_uniform(T* data, std::uint64_t count, std::uint64_t seed, const char* stream, double low,
                  double high) {
  Random random(seed, stream);
  for (std::uint64_t i = 0; i < count; ++i) data[i] = static_cast<T>(low + (high - low) * random.uniform());
}

struct Tolerance {
  double relative = 0;
  double absolute = 0;
};
// Of results that were computed in float and rounded once to T.
template <class T>
constexpr Tolerance rounded_to() {
  if (sizeof(T) == 4) return {1e-5, 1e-6};
  return kTypeOf<T> == DataType::Bf16 ? Tolerance{1.0 / 128, 1e-6} : Tolerance{1.0 / 1024, 1e-6};
}
std::string difference_text(const char* name, std::uint64_t index, double got, double expected,
                            double allowed);
// Empty, or the first element of `got` that is off by more than tolerated. `expected(i)` is a number.
template <class T, class F>
std::string first_difference(const char* name, const T* got, std::uint64_t count, Tolerance tolerance,
                             F expected) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const double want = static_cast<double>(expected(i));
    const double is = static_cast<double>(got[i]);
    const double allowed = tolerance.absolute + tolerance.relative * std::fabs(want);
    if (is == want || std::fabs(is - want) <= allowed) continue;  // not true for NaN
    return difference_text(name, i, is, want, allowed);
  }
  return "";
}

// --- division over cores
// ------------------------------------------------------------------------------------------

struct Share {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
// The part of `block` when `items` are dealt out in whole units, as evenly as that allows.
Share share_of(std::uint64_t items, std::uint64_t unit, std::uint64_t blocks, std::uint64_t block);
// Cores that get at least one of `units`: as many as asked for, or all of the kind.
std::int64_t cores_for(const OpContext& context, std::uint64_t units, std::int64_t available);

// A stream of elements through the unified buffer.
struct StreamPlan {
  std::uint64_t elements = 0;
  std::int64_t blocks = 1;
  std::uint32_t tile = 0;         // elements
  std::uint32_t buffers = 2;      // per operand
  std::uint32_t bank_offset = 0;  // bytes between the buffers of two operands
  bool bypass = false;            // inputs do not stay in L2
};
inline constexpr std::uint32_t kStreamUnit = 256;  // elements; 512 B of 16-bit types
// `operand_bytes`: of one element of all operands with `buffers` buffers each; `scratch_bytes`: of one
// element of the rest.
StreamPlan plan_stream(const OpContext& context, std::uint64_t elements, std::uint32_t operands,
                       std::uint32_t operand_bytes, std::uint32_t scratch_bytes,
                       std::uint32_t largest_element);
std::vector<OpKey> stream_options();
std::map<std::string, std::string> tiling_of(const StreamPlan& plan);

// Rows of a matrix through the unified buffer, whole rows at a time.
struct RowPlan {
  std::uint64_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t pitch = 0;  // elements between rows in the unified buffer
  std::int64_t blocks = 1;
  std::uint32_t tile_rows = 0;
  std::uint32_t buffers = 2;
};
// Bytes that one row needs: with `buffers` buffers, and once; `fixed`: whatever the number of rows.
struct RowBytes {
  std::uint64_t buffered = 0;
  std::uint64_t once = 0;
  std::uint64_t fixed = 0;
};
RowPlan plan_rows(const OpContext& context, std::uint64_t rows, std::uint32_t columns, std::uint32_t pitch,
                  const RowBytes& bytes);
std::vector<OpKey> row_options();
std::map<std::string, std::string> tiling_of(const RowPlan& plan);

}  // namespace podsim::kernel::ops
