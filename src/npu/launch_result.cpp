// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "podsim/npu/die.h"

namespace podsim::npu {
namespace {

using core::CoreResult;
using kernel::CoreKind;

template <class Value>
Picoseconds mean_of(const std::vector<CoreResult>& cores, CoreKind kind, const Value& value) {
  Picoseconds sum;
  std::int64_t count = 0;
  for (const CoreResult& core : cores) {
    if (core.kind != kind) continue;
    sum += value(core);
    ++count;
  }
  return count == 0 ? sum : sum / count;
}

template <class Value>
Picoseconds max_of(const std::vector<CoreResult>& cores, CoreKind kind, const Value& value) {
  Picoseconds most;
  for (const CoreResult& core : cores) {
    if (core.kind == kind) most = std::max(most, value(core));
  }
  return most;
}

}  // namespace

Picoseconds LaunchResult::mean_core_time(CoreKind kind) const {
  return mean_of(cores, kind, [](const CoreResult& core) { return core.active; });
}

Picoseconds LaunchResult::max_core_time(CoreKind kind) const {
  return max_of(cores, kind, [](const CoreResult& core) { return core.active; });
}

Picoseconds LaunchResult::mean_busy(CoreKind kind, kernel::Pipe pipe) const {
  return mean_of(cores, kind, [pipe](const CoreResult& core) { return core.pipe(pipe).busy; });
}

Picoseconds LaunchResult::max_busy(CoreKind kind, kernel::Pipe pipe) const {
  return max_of(cores, kind, [pipe](const CoreResult& core) { return core.pipe(pipe).busy; });
}

core::PipeResult LaunchResult::total(CoreKind kind, kernel::Pipe pipe) const {
  core::PipeResult sum;
  for (const CoreResult& core : cores) {
    if (core.kind == kind) sum += core.pipe(pipe);
  }
  return sum;
}

}  // namespace podsim::npu
