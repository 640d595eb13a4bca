// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "podsim/config/verbs.h"
#include "podsim/kernel/op.h"
#include "podsim/npu/die.h"
#include "support/in_child.h"

// Runs operators of the library on a die.
namespace podsim::test {

inline npu::DieConfig die_preset(const std::string& name) {
  return config::load<npu::DieConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/dies/" + name + ".json");
}

inline kernel::DieTraits traits_of(const npu::DieConfig& die) {
  kernel::DieTraits traits;
  traits.architecture = static_cast<std::uint32_t>(die.core->architecture.value);
  traits.cube_cores = die.cube_cores.value;
  traits.vector_cores = die.cube_cores.value * die.vector_cores.value;
  for (std::size_t memory = 0; memory < kernel::kMemoryCount; ++memory) {
    traits.capacity[memory] =
        static_cast<std::uint64_t>(die.core->buffer(static_cast<kernel::Memory>(memory)));
  }
  return traits;
}

struct OpCase {
  std::string op;
  std::string die;
  kernel::OpRequest request;
};

inline OpCase op_case(const std::string& op, const std::string& die,
                      std::map<std::string, std::int64_t> shape, const std::string& dtype,
                      std::map<std::string, std::string> options = {}) {
  OpCase result{op, die, {}};
  result.request.shape = std::move(shape);
  result.request.dtype = dtype;
  result.request.options = std::move(options);
  return result;
}

struct OpOutcome {
  std::string check;  // empty: right
  std::string hazards;
  npu::LaunchResult result;
};

inline OpOutcome run_op(npu::Die& die, const OpCase& what, bool functional, bool strict = false) {
  kernel::DeviceMemory memory;
  const auto run = kernel::find_op(what.op).prepare(traits_of(die.config()), what.request, memory);
  if (functional) run->fill();
  npu::KernelLaunch launch;
  launch.function = [&run] { run->kernel(); };
  launch.mix = static_cast<npu::CoreMix>(run->mix());
  launch.blocks = run->blocks();
  launch.functional = functional;
  launch.strict = strict;
  launch.device_memory = memory.base();
  launch.device_bytes = memory.size();
  OpOutcome outcome;
  outcome.result = die.launch(launch);
  for (const core::Hazard& hazard : outcome.result.hazards) outcome.hazards += hazard.text() + "\n";
  if (functional) outcome.check = run->check();
  return outcome;
}

// One after another on one die; what went wrong with the names of the cases, empty if nothing did.
inline std::string failures(const std::string& die_name, const std::vector<OpCase>& cases,
                            bool strict = true) {
  npu::Die die("die", die_preset(die_name));
  std::string text;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::string wrong;
    try {
      const OpOutcome outcome = run_op(die, cases[i], true, strict);
      wrong = outcome.check + (outcome.hazards.empty() ? "" : " hazards: " + outcome.hazards);
    } catch (const std::exception& error) {
      return text + "case " + std::to_string(i) + ": " + error.what();
    }
    if (!wrong.empty())
      text += "case " + std::to_string(i) + " (" + cases[i].request.dtype + "): " + wrong + "\n";
  }
  return text;
}

}  // namespace podsim::test
