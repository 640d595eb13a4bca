// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "podsim/base/error.h"
#include "podsim/base/temporary_folder.h"
#include "podsim/config/paths.h"
#include "podsim/config/verbs.h"
#include "podsim/stats/file.h"
#include "podsim/study/child.h"

namespace podsim::app {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

study::ChildCommand command_of(const npu::KernelJob& job, const std::string& die, const std::string& json) {
  std::string shape;
  for (const auto& [key, size] : job.shape)
    shape += fmt::format("{}{}={}", shape.empty() ? "" : ",", key, size);
  study::ChildCommand command;
  command.arguments = {"kernel", job.kernel, "--chip", die,  "--shape", shape,
                       "--l2",   "clean",    "--json", json, "--quiet"};
  if (!job.dtype.empty()) command.arguments.insert(command.arguments.end(), {"--dtype", job.dtype});
  if (job.cores > 0)
    command.arguments.insert(command.arguments.end(), {"--cores", std::to_string(job.cores)});
  for (const auto& [key, value] : job.options)
    command.arguments.insert(command.arguments.end(), {"--tiling", fmt::format("{}={}", key, value)});
  return command;
}

Picoseconds time_of(const nlohmann::json& json, const char* key, std::int64_t cores) {
  if (!json.contains(key)) return Picoseconds();
  return Picoseconds(std::llround(json.at(key).get<double>() * 1e6 * static_cast<double>(cores)));
}

}  // namespace

npu::KernelTiming timing_from_json(const std::string& text, const std::string& name) {
  try {
    const auto json = nlohmann::json::parse(text);
    npu::KernelTiming timing;
    timing.blocks = json.at("block_num").get<std::int64_t>();
    const bool cube = json.contains("aicore_time_us");
    std::int64_t vectors = timing.blocks;
    if (cube && json.contains("aiv_time_us") && json.at("tiling").contains("vectors"))
      vectors *= std::stoll(json.at("tiling").at("vectors").get<std::string>());
    timing.duration = time_of(json, "task_duration_us", 1);
    timing.cube_time = time_of(json, "aicore_time_us", timing.blocks);
    timing.cube_busy = time_of(json, "aic_mac_time_us", timing.blocks);
    timing.vector_time = time_of(json, "aiv_time_us", vectors);
    timing.vector_busy = time_of(json, "aiv_vec_time_us", vectors);
    timing.hbm_read = json.at("memory").at("hbm_read_bytes").get<std::int64_t>();
    timing.hbm_written = json.at("memory").at("hbm_write_bytes").get<std::int64_t>();
    return timing;
  } catch (const nlohmann::json::exception& error) {
    throw ConfigError(fmt::format("{}: no figures of a kernel: {}", name, error.what()));
  }
}

std::vector<npu::KernelTiming> simulate_kernels(const npu::DieConfig& die,
                                                const std::vector<npu::KernelJob>& jobs,
                                                const KernelWorkers& workers) {
  const TemporaryFolder folder("kernels");
  const std::string die_file = (folder.path() / "die.json").string();
  stats::write_file(die_file, config::write(die).dump());
  std::vector<study::ChildCommand> commands;
  std::vector<std::string> files;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    files.push_back((folder.path() / fmt::format("{}.json", i)).string());
    commands.push_back(command_of(jobs[i], die_file, files.back()));
  }
  study::ChildOptions options;
  options.program = kSelf;
  options.parallel = workers.parallel;
  if (options.parallel == 0) options.parallel = std::max(1U, std::thread::hardware_concurrency());
  options.interrupted = workers.interrupted;
  options.progress = [&](std::size_t done, std::size_t /*running*/) {
    if (workers.progress) workers.progress(done, jobs.size());
  };
  const std::vector<study::ChildOutcome> outcomes = study::run_children(commands, options);
  std::vector<npu::KernelTiming> timings;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (const std::string failure = study::failure_text(outcomes[i]); !failure.empty())
      throw ConfigError(fmt::format("timing {} on {}: {}", npu::job_text(jobs[i]), die.name, failure));
    timings.push_back(timing_from_json(config::read_whole_file(files[i], files[i]), files[i]));
  }
  return timings;
}

std::vector<std::string> with_timer(std::vector<std::string> sets, const std::string& kind) {
  if (kind == "core") sets.emplace_back("/machine/timer/kind=core");  // keeps the scenario's own keys
  if (kind == "roofline") sets.emplace_back(R"(/machine/timer={"kind":"roofline"})");
  return sets;
}

npu::KernelTimings kernel_timings(const std::string& folder, const KernelWorkers& workers) {
  return {npu::KernelStore(npu::kernel_store_folder(folder)),
          [workers](const npu::DieConfig& die, const std::vector<npu::KernelJob>& jobs) {
            return simulate_kernels(die, jobs, workers);
          }};
}

}  // namespace podsim::app
