// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/die.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {

using core::AiCore;
using kernel::CoreKind;

namespace {

std::size_t vectors_of(CoreMix mix) {
  return mix == CoreMix::CubeAndTwoVectors ? 2 : mix == CoreMix::Cube ? 0 : 1;
}

bool mixed(CoreMix mix) {
  return mix == CoreMix::CubeAndOneVector || mix == CoreMix::CubeAndTwoVectors;
}

}  // namespace

Die::Die(sc_core::sc_module_name name, const DieConfig& config)
    : sc_module(name),
      config_(config),
      cubes_(static_cast<std::size_t>(config.cube_cores.value)),
      per_cube_(static_cast<std::size_t>(config.vector_cores.value)),
      own_memory_(std::make_unique<memory::MemoryModule>(
          "memory", *config.memory, static_cast<std::uint32_t>(cubes_ * (1 + per_cube_)))) {
  build(*own_memory_);
}

void Die::fill_l2(memory::ForeignLines lines) {
  PODSIM_CHECK(own_memory_ != nullptr, "{} has the memory of another", config_.name);
  own_memory_->fill_l2(lines);
}

Die::Die(sc_core::sc_module_name name, const DieConfig& config, sim::MemoryPort& memory)
    : sc_module(name),
      config_(config),
      cubes_(static_cast<std::size_t>(config.cube_cores.value)),
      per_cube_(static_cast<std::size_t>(config.vector_cores.value)) {
  build(memory);
}

void Die::build(sim::MemoryPort& memory) {
  const std::size_t count = cubes_ * (1 + per_cube_);
  const core::CoreClock clock(config_.clock.value);
  const core::SyncConfig& sync = config_.core->sync;
  gate_ = std::make_unique<core::TimeGate>("gate", count);
  cross_core_ = std::make_unique<core::CrossCore>(
      count, clock.time(Cycles(sync.cross_core_cycles.value)), sync.cross_core_limit.value,
      [this](std::size_t core, Picoseconds at) { cores_[core]->counter_rose(at); });
  core::CoreSurroundings around;
  around.memory = &memory;
  around.gate = gate_.get();
  around.cross_core = cross_core_.get();
  around.listener = this;
  around.peer = [this](const AiCore& core, std::int64_t sub_block) { return peer(core, sub_block); };
  for (std::size_t core = 0; core < count; ++core) {
    const bool cube = core < cubes_;
    const std::string name = cube ? fmt::format("aic{}", core) : fmt::format("aiv{}", core - cubes_);
    cores_.push_back(std::make_unique<AiCore>(name.c_str(), static_cast<std::uint32_t>(core),
                                              cube ? CoreKind::Aic : CoreKind::Aiv, *config_.core,
                                              config_.clock.value, around));
  }
  group_of_.assign(count, 0);
}

// The cube core's vector cores, or the vector core's cube core.
AiCore* Die::peer(const AiCore& core, std::int64_t sub_block) const {
  if (core.core_kind() == CoreKind::Aiv) return cores_[(core.number() - cubes_) / per_cube_].get();
  const auto sub = static_cast<std::size_t>(sub_block);
  return sub < per_cube_ ? cores_[cubes_ + core.number() * per_cube_ + sub].get() : nullptr;
}

void Die::check(const KernelLaunch& launch) const {
  if (broken_) throw ConfigError("the die cannot launch again after a launch that failed");
  if (!launch.function) throw ConfigError("the launch has no kernel");
  if (launch.blocks < 1) throw ConfigError(fmt::format("{} blocks, expected at least 1", launch.blocks));
  if (mixed(launch.mix) && vectors_of(launch.mix) > per_cube_) {
    throw ConfigError(fmt::format("{} vector cores per cube core, {} has {}", vectors_of(launch.mix),
                                  config_.name, per_cube_));
  }
}

void Die::make_groups(const KernelLaunch& launch) {
  groups_.clear();
  if (launch.mix == CoreMix::Vector) {
    for (std::size_t v = 0; v < cubes_ * per_cube_; ++v)
      groups_.push_back({{cores_[cubes_ + v].get()}, 0, 0});
  } else {
    for (std::size_t c = 0; c < cubes_; ++c) {
      Group group{{cores_[c].get()}, 0, 0};
      for (std::size_t v = 0; v < vectors_of(launch.mix); ++v)
        group.cores.push_back(cores_[cubes_ + c * per_cube_ + v].get());
      groups_.push_back(std::move(group));
    }
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const AiCore* core : groups_[g].cores) group_of_[core->number()] = g;
  }
}

LaunchResult Die::launch(const KernelLaunch& launch) {
  check(launch);
  launch_ = launch;
  make_groups(launch);
  for (const auto& core : cores_) core->reset_result();
  const auto blocks = static_cast<std::size_t>(launch.blocks);
  cross_core_->reset(launch.mix == CoreMix::Vector ? 0 : blocks, blocks * vectors_of(launch.mix));
  const Picoseconds start = sim::now();
  const LaunchConfig& cost = config_.launch;
  const Picoseconds step =
      launch.mix == CoreMix::Vector ? cost.vector_core_start.value : cost.cube_core_start.value;
  const Picoseconds first = start + cost.task.value + (mixed(launch.mix) ? cost.mixed.value : Picoseconds(0));
  last_end_ = start;
  next_block_ = 0;
  for (Group& group : groups_) {
    if (next_block_ == launch.blocks) break;
    const Picoseconds at = first + step * next_block_;
    start_block(group, next_block_++, at);
  }
  sim::run_kernel();
  if (error_) rethrow_with_core();
  if (running_ > 0) fail_deadlocked();
  kernel::set_scalar_unit(nullptr);
  return collect(start);
}

void Die::start_block(Group& group, std::int64_t block, Picoseconds at) {
  group.block = block;
  std::int64_t sub_block = 0;
  for (AiCore* core : group.cores) {
    core::CoreTask task;
    task.function = &launch_.function;
    task.start = at;
    task.functional = launch_.functional;
    task.strict = launch_.strict;
    task.check_hazards = launch_.check_hazards.value_or(launch_.functional || launch_.strict);
    task.device_memory = launch_.device_memory;
    task.device_bytes = launch_.device_bytes;
    task.trace = launch_.trace;
    task.print = launch_.print;
    kernel::Placement& place = task.placement;
    place.kind = core->core_kind();
    place.block = block;
    place.blocks = launch_.blocks;
    place.mixed = mixed(launch_.mix);
    place.tiling_key = launch_.tiling_key;
    place.system_workspace = launch_.system_workspace;
    if (place.mixed && place.kind == CoreKind::Aiv) {
      place.sub_block = sub_block++;
      place.sub_blocks = static_cast<std::int64_t>(vectors_of(launch_.mix));
      place.task_ratio = place.sub_blocks;
    }
    cross_core_->enter(core->number(), place.kind, block, place.sub_block);
    ++group.running;
    ++running_;
    core->start(task);
  }
}

void Die::core_finished(AiCore& core, Picoseconds at) {
  last_end_ = std::max(last_end_, at);
  --running_;
  Group& group = groups_[group_of_[core.number()]];
  if (--group.running > 0 || next_block_ == launch_.blocks) return;
  start_block(group, next_block_++, at + config_.launch.next_block.value);
}

void Die::core_failed(AiCore& core, std::exception_ptr error) {
  if (!error_) {
    error_ = std::move(error);
    failed_ = &core;
  }
  broken_ = true;
  sc_core::sc_pause();
}

void Die::rethrow_with_core() {
  kernel::set_scalar_unit(nullptr);
  try {
    std::rethrow_exception(error_);
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("core {} ({}, block {}), cycle {}: {}", failed_->number(),
                                  config::enum_name(failed_->core_kind()), failed_->placement().block,
                                  failed_->cycles(), error.what()));
  }
}

void Die::fail_deadlocked() {
  kernel::set_scalar_unit(nullptr);
  broken_ = true;
  constexpr std::size_t kMostLines = 8;
  std::string text =
      fmt::format("deadlock: {} cores wait and nothing is left that could wake them", running_);
  std::size_t lines = 0;
  for (const auto& core : cores_) {
    if (!core->busy()) continue;
    if (++lines > kMostLines) continue;
    text += "\n" + core->waiting();
  }
  if (lines > kMostLines) text += fmt::format("\nand {} more", lines - kMostLines);
  throw ConfigError(text);
}

LaunchResult Die::collect(Picoseconds start) const {
  LaunchResult result;
  result.start = start;
  result.task_duration = last_end_ - start;
  for (const auto& core : cores_) {
    core::CoreResult of_core = core->result();
    if (of_core.blocks == 0) continue;
    result.cores.push_back(std::move(of_core));
    result.hazards.insert(result.hazards.end(), core->hazards().begin(), core->hazards().end());
  }
  return result;
}

}  // namespace podsim::npu
