// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/npu/schedule.h"

// One file per schedule; make_schedule is the table of their names.
namespace podsim::npu {

std::unique_ptr<Schedule> make_serial(const SerialSchedule& config, const StackConfig& stack,
                                      const Exchange& exchange);
std::unique_ptr<Schedule> make_serial_low_latency(const SerialSchedule& config, const StackConfig& stack);
std::unique_ptr<Schedule> make_wave_fill(const WaveFillSchedule& config, const StackConfig& stack);
std::unique_ptr<Schedule> make_two_batch(const TwoBatchSchedule& config, const StackConfig& stack);
std::unique_ptr<Schedule> make_stage_pair(const StagePairSchedule& config, const StackConfig& stack);
std::unique_ptr<Schedule> make_expert_prefetch(const ExpertPrefetchSchedule& config,
                                               const StackConfig& stack);

}  // namespace podsim::npu
