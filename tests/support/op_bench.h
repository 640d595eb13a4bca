// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "podsim/app/kernel_die.h"
#include "podsim/kernel/op.h"

namespace podsim::test {

// A die that runs operators of the library, one after another: each finds L2 as the last one left it.
class OpBench {
 public:
  explicit OpBench(const std::string& chip) : config_(app::load_die(chip, {})), die_("die", config_) {}

  struct Outcome {
    std::string wrong;  // empty: the result agrees with the reference
    std::size_t hazards = 0;
    Picoseconds duration;
    std::int64_t blocks = 0;
  };
  // With data, compared with the reference and watched for hazards, or for its time only. Strict:
  // without automatic synchronisation.
  Outcome run(const std::string& op, const kernel::OpRequest& request, bool functional = true,
              bool strict = false) {
    memory_.reset();
    const std::unique_ptr<kernel::OpRun> run =
        kernel::find_op(op).prepare(app::die_traits(config_), request, memory_);
    if (functional) run->fill();
    npu::KernelLaunch launch;
    launch.function = [&run] { run->kernel(); };
    launch.mix = app::core_mix(run->mix());
    launch.blocks = run->blocks();
    launch.functional = functional;
    launch.strict = strict;
    launch.device_memory = memory_.base();
    launch.device_bytes = memory_.size();
    const npu::LaunchResult result = die_.launch(launch);
    return {functional ? run->check() : "", result.hazards.size(), result.task_duration, run->blocks()};
  }

 private:
  npu::DieConfig config_;
  npu::Die die_;
  kernel::DeviceMemory memory_;
};

}  // namespace podsim::test
