// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include "podsim/app/command.h"
#include "podsim/app/compare_fidelity.h"
#include "podsim/app/compare_schedules.h"
#include "podsim/app/interrupt.h"
#include "podsim/app/kernel_workers.h"
#include "podsim/app/progress.h"
#include "podsim/app/report.h"
#include "podsim/app/run_files.h"
#include "podsim/pod/run.h"
#include "podsim/pod/scenario.h"

namespace podsim::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  podsim run atlas950_v4_pro_decode
  podsim run configs/scenarios/layer_8192_ep64.json --set /workload/tokens_per_card=16 --out results/t16
  podsim run dsv3_58_layers_cloudmatrix --set /workload/placement/kind=contiguous --seed 7
  podsim run atlas950_v4_pro_decode --fidelity bound
  podsim run atlas950_v4_pro_decode --set /workload/cards=64 --compare serial,wave_fill,expert_prefetch
  podsim run all_to_all_1024 --set /workload/cards=64 --compare-fidelity bound,packet,link

SCENARIO is a file, or the name of one in configs/scenarios. effective_config.json of a finished run lists
every key that --set takes; docs/configuration.md explains them, docs/results.md the figures. The same
scenario and seed give the same digest.)";

constexpr std::size_t kDigestShown = 16;  // enough to tell two runs apart; run.json has all of it

struct RunCommandOptions {
  std::string scenario;
  std::vector<std::string> sets;
  std::optional<std::string> out;
  std::optional<std::int64_t> seed;
  std::string fidelity;  // empty: the scenario's
  std::vector<std::string> compared;
  std::vector<std::string> schedules;
  std::string timer;  // empty: the scenario's
  std::string cache;  // empty: as podsim cache
  bool quiet = false;
};

pod::RunResult run_with_progress(const pod::LoadedScenario& loaded, const RunCommandOptions& options) {
  const InterruptGuard guard;
  Progress bar(std::cerr, !options.quiet && stderr_is_terminal());
  pod::RunOptions run_options;
  if (options.seed) run_options.seed = static_cast<std::uint64_t>(*options.seed);
  run_options.fidelity = config::enum_from_name<fabric::Fidelity>(options.fidelity);
  run_options.interrupted = interrupted;
  run_options.progress = [&bar](const pod::ProgressReport& report) {
    bar.update(report.stage, report.fraction, report.simulated);
  };
  if (!std::holds_alternative<npu::CoreTimerConfig>(loaded.scenario.machine.timer))
    return pod::run(loaded, run_options);
  KernelWorkers workers;
  workers.interrupted = interrupted;
  workers.progress = [&bar](std::size_t done, std::size_t all) {
    bar.update(fmt::format("timing kernels, {} of {}", done, all),
               static_cast<double>(done) / static_cast<double>(all), Picoseconds());
  };
  npu::KernelTimings kernels = kernel_timings(options.cache, workers);
  run_options.kernels = &kernels;
  return pod::run(loaded, run_options);
}

ExitCode run_scenario(const RunCommandOptions& options) {
  const std::string path = find_input(options.scenario, "configs/scenarios");
  const std::vector<std::string> sets = with_timer(options.sets, options.timer);
  const pod::LoadedScenario loaded = pod::load_scenario(path, sets);
  const std::filesystem::path folder =
      options.out ? std::filesystem::path(*options.out) : default_folder(loaded);
  if (!options.compared.empty()) {
    FidelityRun run{path, sets, folder.string(), {}};
    if (options.seed) run.options = {"--seed", std::to_string(*options.seed)};
    return compare_fidelities(run, options.compared);
  }
  if (!options.schedules.empty()) {
    ScheduleRun run{path, options.sets, folder.string(), {}};
    if (options.seed) run.options = {"--seed", std::to_string(*options.seed)};
    if (!options.fidelity.empty()) run.options.insert(run.options.end(), {"--fidelity", options.fidelity});
    return compare_schedules(run, loaded.scenario, options.schedules);
  }
  prepare_folder(folder);
  const pod::RunResult result = run_with_progress(loaded, options);
  const std::string digest = write_run_files(folder, loaded.scenario, result);
  if (!options.quiet) {
    std::cout << run_report(loaded.scenario, result);
    std::cout << fmt::format("  files in {}; digest of results.json: {}\n", folder.string(),
                             digest.substr(0, kDigestShown));
  }
  if (!result.partial) return ExitCode::Done;
  std::cerr << "podsim: interrupted; the files are complete and marked partial\n";
  return ExitCode::Interrupted;
}

std::vector<std::string> fidelity_names() {
  std::vector<std::string> names;
  for (const auto& known : config::EnumNames<fabric::Fidelity>::kNames) names.emplace_back(known.second);
  return names;
}

// The library's own words about a number out of range print the range as doubles.
CLI::Validator seed_validator() {
  const auto check = [](std::string& text) {
    std::int64_t seed = 0;
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, seed);
    const bool valid = error == std::errc() && last == end && seed >= 0;
    return valid ? std::string() : fmt::format("expected a whole number from 0 to 2^63-1, got \"{}\"", text);
  };
  return CLI::Validator(check, "");
}

}  // namespace

void add_run_command(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<RunCommandOptions>();
  CLI::App* command = parent.add_subcommand("run", "simulate a scenario and say what it costs, and why");
  command->add_option("SCENARIO", options->scenario, "a scenario file, or its name in configs/scenarios")
      ->required();
  add_set_option(*command, options->sets);
  command->add_option("--out", options->out, "folder of the result files; default results/<scenario name>")
      ->type_name("DIR");
  command->add_option("--seed", options->seed, "seed of every random choice, instead of the scenario's")
      ->check(seed_validator())
      ->type_name("N");
  command->add_option("--fidelity", options->fidelity, "how the fabric is simulated: bound, packet or link")
      ->check(CLI::IsMember(fidelity_names()))
      ->type_name("LEVEL");
  command
      ->add_option(
          "--compare", options->schedules,
          "run under each of these schedules and print them side by side, speedups over the first one")
      ->delimiter(',')
      ->check(CLI::IsMember(schedule_names()))
      ->type_name("SCHEDULES");
  command
      ->add_option("--compare-fidelity", options->compared,
                   "run at each of these and print their latencies side by side: bound,packet,link")
      ->delimiter(',')
      ->check(CLI::IsMember(fidelity_names()))
      ->excludes("--fidelity")
      ->excludes("--compare")
      ->type_name("LEVELS");
  command
      ->add_option("--timer", options->timer,
                   "what says how long work takes on a core: core (the AI core model) or roofline")
      ->check(CLI::IsMember({"core", "roofline"}))
      ->type_name("KIND");
  command
      ->add_option("--cache", options->cache, "folder of kernel timings; default as podsim cache --help says")
      ->type_name("DIR");
  add_quiet_option(*command, options->quiet);
  command->footer(kFooter);
  on_chosen(*command, result, [options] { return run_scenario(*options); });
}

}  // namespace podsim::app
