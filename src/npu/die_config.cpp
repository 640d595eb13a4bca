// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/die_config.h"

namespace podsim::npu {

using namespace literals;

void LaunchConfig::describe(config::Fields& f) {
  f.required("task", task, "time from the launch to the first core's start").at_least(0_ps);
  f.required("mixed", mixed,
             "time more to the first core's start of a kernel that uses cube and vector cores")
      .at_least(0_ps);
  f.required("cube_core_start", cube_core_start, "time from one cube core's start to the next one's")
      .at_least(0_ps);
  f.required("vector_core_start", vector_core_start, "time from one vector core's start to the next one's")
      .at_least(0_ps);
  f.required("next_block", next_block, "time from the end of a block to the next one's start on that core")
      .at_least(0_ps);
}

void DieConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the die");
  f.value_or("description", description, "", "one sentence");
  f.required("clock", clock, "clock of the cores").positive();
  f.required("cube_cores", cube_cores, "cube cores (AIC)").between(1, 1024);
  f.required("vector_cores", vector_cores, "vector cores (AIV) of each cube core").between(1, 8);
  f.required("core", core, "microarchitecture of the cores");
  f.required("memory", memory, "L2 and HBM");
  f.required("launch", launch, "what a launch costs besides the time of its cores");
}

}  // namespace podsim::npu
