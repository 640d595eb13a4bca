// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/core_result.h"

#include <fmt/format.h>

#include "podsim/core/names.h"

namespace podsim::core {

PipeResult& PipeResult::operator+=(const PipeResult& other) {
  instructions += other.instructions;
  bytes += other.bytes;
  busy += other.busy;
  wait_issue += other.wait_issue;
  wait_flag += other.wait_flag;
  wait_memory += other.wait_memory;
  wait_bank += other.wait_bank;
  wait_queue += other.wait_queue;
  return *this;
}

std::string Hazard::text() const {
  if (kind == Kind::EventSetTwice) {
    return fmt::format(
        "core {} block {}: event {} from {} to {} is set again at cycle {} before anybody waited for it",
        core, block, address, config::enum_name(first_pipe), config::enum_name(second_pipe), second_cycle);
  }
  constexpr std::array kWords{"read after write", "write after read", "write after write"};
  return fmt::format(
      "core {} block {}: {} in {} at byte {}: {} on {} (cycle {}), then {} on {} (cycle {}), with no flag or "
      "barrier between them",
      core, block, kWords.at(static_cast<std::size_t>(kind)), config::enum_name(memory), address, first_call,
      config::enum_name(first_pipe), first_cycle, second_call, config::enum_name(second_pipe), second_cycle);
}

}  // namespace podsim::core
