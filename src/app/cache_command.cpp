// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include "podsim/app/command.h"
#include "podsim/app/interrupt.h"
#include "podsim/app/kernel_workers.h"
#include "podsim/app/progress.h"
#include "podsim/base/error.h"
#include "podsim/config/verbs.h"
#include "podsim/npu/composed_gemm.h"
#include "podsim/npu/core_timer.h"
#include "podsim/pod/run.h"

namespace podsim::app {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFooter = R"(Examples:
  podsim cache warm atlas950_v4_pro_decode
  podsim cache list --json
  podsim cache clear
  podsim cache check --chip ascend950dt --rows 38:88:215:83 --columns 6144 --k 7168 --block-m 192

Kernels that the core timer asks for (podsim run --timer core) are simulated once and kept in the folder that
--cache names, else PODSIM_CACHE, else podsim in XDG_CACHE_HOME, else ~/.cache/podsim. It may be removed at any
time. docs/components/kernel_timer.md says what is kept and how tiles are composed.)";

struct CacheOptions {
  std::string folder;
  bool json = false;
  bool quiet = false;
  std::string scenario;
  std::vector<std::string> sets;
  std::size_t parallel = 0;
};

struct CheckOptions {
  std::string chip;
  std::string rows;
  std::string type = "fp8";
  std::int64_t columns = 0;
  std::int64_t k = 0;
  std::int64_t block_m = 128;
  std::int64_t block_n = 128;
  double tolerance = 0.05;
  std::string weights = "transposed";
};

double us(Picoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

ordered_json entry_json(const npu::KernelStore::Entry& entry) {
  return {{"key", entry.key},
          {"die", entry.die},
          {"kernel", entry.text},
          {"duration_us", us(entry.timing.duration)},
          {"cube_core_time_us", us(entry.timing.cube_time)},
          {"vector_core_time_us", us(entry.timing.vector_time)},
          {"blocks", entry.timing.blocks},
          {"hbm_read_bytes", entry.timing.hbm_read},
          {"hbm_written_bytes", entry.timing.hbm_written},
          {"file_bytes", entry.bytes}};
}

ExitCode list(const CacheOptions& options) {
  const npu::KernelStore store(npu::kernel_store_folder(options.folder));
  const npu::KernelStore::Listing listing = store.list();
  if (options.json) {
    ordered_json json{{"folder", store.folder().string()},
                      {"model_version", npu::kCoreModelVersion},
                      {"timings", ordered_json::array()},
                      {"unusable", listing.unusable}};
    for (const auto& entry : listing.entries) json["timings"].push_back(entry_json(entry));
    std::cout << json.dump(2) << '\n';
    return ExitCode::Done;
  }
  constexpr std::size_t kKeyShown = 12;
  std::uint64_t bytes = 0;
  for (const auto& entry : listing.entries) {
    bytes += entry.bytes;
    std::cout << fmt::format("{}  {:>12.3f} us  {}: {}\n", entry.key.substr(0, kKeyShown),
                             us(entry.timing.duration), entry.die, entry.text);
  }
  std::cout << fmt::format("{} timings, {} B, in {}\n", listing.entries.size(), bytes,
                           store.folder().string());
  if (!listing.unusable.empty()) {
    std::cout << fmt::format(
        "{} files are damaged, unfinished or of another version; they count as missing\n",
        listing.unusable.size());
  }
  return ExitCode::Done;
}

ExitCode clear(const CacheOptions& options) {
  const npu::KernelStore store(npu::kernel_store_folder(options.folder));
  const std::size_t removed = store.clear();
  if (options.json) {
    std::cout << ordered_json{{"folder", store.folder().string()}, {"removed", removed}}.dump(2) << '\n';
  } else if (!options.quiet) {
    std::cout << fmt::format("{} files removed from {}\n", removed, store.folder().string());
  }
  return ExitCode::Done;
}

void report_timings(const npu::KernelTimings& kernels, double seconds, const CacheOptions& options) {
  const std::string folder = kernels.store().folder().string();
  if (options.json) {
    std::cout << ordered_json{{"folder", folder},
                              {"simulated", kernels.simulated()},
                              {"found", kernels.found()}}
                     .dump(2)
              << '\n';
  } else if (!options.quiet) {
    std::cout << fmt::format("{} kernels simulated in {:.1f} s, {} found, in {}\n", kernels.simulated(),
                             seconds, kernels.found(), folder);
  }
}

npu::KernelTimings timings_with_progress(const CacheOptions& options, Progress& bar) {
  KernelWorkers workers;
  workers.parallel = options.parallel;
  workers.interrupted = interrupted;
  workers.progress = [&bar](std::size_t done, std::size_t all) {
    bar.update(fmt::format("timing kernels, {} of {}", done, all),
               static_cast<double>(done) / static_cast<double>(all), Picoseconds());
  };
  return kernel_timings(options.folder, workers);
}

// The bound of a scenario plans every card, and so asks for every tile that its run asks for.
ExitCode warm(const CacheOptions& options) {
  const std::string path = find_input(options.scenario, "configs/scenarios");
  const pod::LoadedScenario loaded = pod::load_scenario(path, with_timer(options.sets, "core"));
  if (!std::holds_alternative<pod::MoeWorkload>(loaded.scenario.workload))
    throw ConfigError(fmt::format("{}: its workload has no kernels", path));
  const InterruptGuard guard;
  Progress bar(std::cerr, !options.quiet && stderr_is_terminal());
  npu::KernelTimings kernels = timings_with_progress(options, bar);
  pod::RunOptions run;
  run.fidelity = fabric::Fidelity::Bound;
  run.interrupted = interrupted;
  run.kernels = &kernels;
  const auto begin = std::chrono::steady_clock::now();
  const pod::RunResult result = pod::run(loaded, run);
  bar.finish();
  report_timings(kernels, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
                 options);
  return result.partial ? ExitCode::Interrupted : ExitCode::Done;
}

std::vector<std::int64_t> parse_rows(const std::string& text) {
  std::vector<std::int64_t> rows;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t colon = std::min(text.find(':', at), text.size());
    const std::string number = text.substr(at, colon - at);
    if (number.empty() || number.size() > 7 || number.find_first_not_of("0123456789") != std::string::npos)
      throw ConfigError(fmt::format("--rows {}: expected whole numbers with colons between them", text));
    rows.push_back(std::stoll(number));
    at = colon + 1;
  }
  return rows;
}

// A grouped GEMM composed of tiles beside the same simulated as a whole.
ExitCode check(const CacheOptions& options, const CheckOptions& asked) {
  const auto chip = config::load<npu::ChipConfig>(find_input(asked.chip, "configs/chips"));
  npu::GroupedGemm gemm;
  gemm.rows = parse_rows(asked.rows);
  gemm.columns = asked.columns;
  gemm.k = asked.k;
  gemm.block_m = asked.block_m;
  gemm.block_n = asked.block_n;
  gemm.type = *config::enum_from_name<moe::DataType>(asked.type);
  npu::CoreTimerConfig config;
  config.weights = *config::enum_from_name<npu::WeightLayout>(asked.weights);
  const InterruptGuard guard;
  Progress bar(std::cerr, !options.quiet && stderr_is_terminal());
  npu::KernelTimings kernels = timings_with_progress(options, bar);
  const npu::CoreTimer timer(chip, config, gemm.type, kernels, 1.0);
  const Picoseconds composed = npu::composed_time(gemm, chip, timer);
  const npu::KernelJob whole =
      npu::grouped_job(asked.rows, gemm.columns, gemm.k, gemm.block_m, gemm.block_n,
                       npu::grouped_matmul_type(gemm.type, gemm.type), config.weights);
  const Picoseconds simulated = kernels.get(**chip.die, {whole}).front().duration;
  bar.finish();
  const double error = us(composed) / us(simulated) - 1.0;
  const bool holds = std::abs(error) <= asked.tolerance;
  if (options.json) {
    std::cout << ordered_json{{"composed_us", us(composed)},
                              {"simulated_us", us(simulated)},
                              {"error", error},
                              {"tolerance", asked.tolerance},
                              {"holds", holds}}
                     .dump(2)
              << '\n';
  } else if (!options.quiet) {
    std::cout << fmt::format("composed {:.3f} us, simulated {:.3f} us, {:+.1f} %, {} the {:.1f} % allowed\n",
                             us(composed), us(simulated), 100 * error, holds ? "within" : "more than",
                             100 * asked.tolerance);
  }
  return holds ? ExitCode::Done : ExitCode::CheckFailed;
}

template <class E>
std::vector<std::string> enum_names() {
  std::vector<std::string> names;
  for (const auto& known : config::EnumNames<E>::kNames) names.emplace_back(known.second);
  return names;
}

void add_common(CLI::App& command, CacheOptions& options) {
  command.add_option("--cache", options.folder, "folder of the timings")->type_name("DIR");
  command.add_flag("--json", options.json, "print JSON");
  add_quiet_option(command, options.quiet);
}

void add_workers(CLI::App& command, CacheOptions& options) {
  command.add_option("-j", options.parallel, "kernels at a time; default as many as there are processors")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

void add_check(CLI::App& cache, CommandResult& result, const std::shared_ptr<CacheOptions>& options) {
  auto asked = std::make_shared<CheckOptions>();
  CLI::App* command =
      cache.add_subcommand("check", "compare a grouped GEMM composed of tiles with the same simulated whole");
  command->add_option("--chip", asked->chip, "a chip file, or its name in configs/chips")->required();
  command->add_option("--rows", asked->rows, "rows of every expert, \"38:0:215\"")->required();
  command->add_option("--columns", asked->columns, "columns of the result")
      ->required()
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--k", asked->k, "columns of the input")->required()->check(CLI::Range(16, 1 << 20));
  command->add_option("--block-m", asked->block_m, "rows of a tile")->check(CLI::Range(16, 256));
  command->add_option("--block-n", asked->block_n, "columns of a tile")->check(CLI::Range(16, 512));
  command->add_option("--dtype", asked->type, "element type of both sides")
      ->check(CLI::IsMember(enum_names<moe::DataType>()));
  command->add_option("--weights", asked->weights, "how the weights lie in memory")
      ->check(CLI::IsMember(enum_names<npu::WeightLayout>()));
  command
      ->add_option("--tolerance", asked->tolerance, "relative difference that is still right (exit code 1)")
      ->check(CLI::Range(0.0, 10.0));
  add_common(*command, *options);
  add_workers(*command, *options);
  on_chosen(*command, result, [options, asked] { return check(*options, *asked); });
}

}  // namespace

void add_cache_command(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<CacheOptions>();
  CLI::App* cache = parent.add_subcommand("cache", "kernel timings that are kept on disk");
  cache->require_subcommand(1);
  cache->footer(kFooter);
  CLI::App* listed = cache->add_subcommand("list", "what is kept, and for which die");
  add_common(*listed, *options);
  on_chosen(*listed, result, [options] { return list(*options); });
  CLI::App* cleared = cache->add_subcommand("clear", "remove all of it");
  add_common(*cleared, *options);
  on_chosen(*cleared, result, [options] { return clear(*options); });
  CLI::App* warmed = cache->add_subcommand("warm", "simulate what a scenario needs and lacks");
  warmed->add_option("SCENARIO", options->scenario, "a scenario file, or its name in configs/scenarios")
      ->required();
  add_set_option(*warmed, options->sets);
  add_common(*warmed, *options);
  add_workers(*warmed, *options);
  on_chosen(*warmed, result, [options] { return warm(*options); });
  add_check(*cache, result, options);
}

}  // namespace podsim::app
