// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/compare_fidelity.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "podsim/app/format.h"
#include "podsim/app/interrupt.h"
#include "podsim/base/error.h"
#include "podsim/study/child.h"

namespace podsim::app {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

// Latencies and, for `bound`, the metric that stands for the same.
struct Compared {
  const char* label;
  std::string name;
};
const Compared kCompared[] = {{"all-to-all", "all_to_all.latency_us"},
                              {"collective", "collective.latency_us"},
                              {"layer latency", "moe_layer.latency_us"},
                              {"dispatch", "dispatch.latency_us"},
                              {"combine", "combine.latency_us"}};

std::optional<double> figure(const nlohmann::json& metrics, const std::string& name) {
  if (metrics.contains(name)) return metrics[name].get<double>();
  if (metrics.contains("bound." + name)) return metrics["bound." + name].get<double>();
  return std::nullopt;
}

nlohmann::json metrics_in(const std::string& path) {
  std::ifstream file(path);
  const nlohmann::json results = nlohmann::json::parse(file, nullptr, false);
  if (results.is_discarded() || !results.contains("metrics"))
    throw ConfigError(fmt::format("{}: no results of a run", path));
  return results["metrics"];
}

}  // namespace

std::string fidelity_table(const std::vector<std::string>& fidelities,
                           const std::vector<nlohmann::json>& metrics) {
  std::string text = fmt::format("  {:<16}", "fidelity");
  for (const std::string& fidelity : fidelities) text += fmt::format("{:>26}", fidelity);
  text += '\n';
  for (const Compared& compared : kCompared) {
    const std::optional<double> last = figure(metrics.back(), compared.name);
    if (!last) continue;
    text += fmt::format("  {:<16}", compared.label);
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const std::optional<double> time = figure(metrics[i], compared.name);
      std::string cell = time ? microseconds_text(*time) : "-";
      if (time && i + 1 < metrics.size() && *last > 0.0)
        cell += fmt::format(" ({:+.1f} %)", 100.0 * (*time / *last - 1.0));
      text += fmt::format("{:>26}", cell);
    }
    text += '\n';
  }
  return text;
}

ExitCode compare_fidelities(const FidelityRun& run, const std::vector<std::string>& fidelities) {
  const InterruptGuard guard;
  std::vector<study::ChildCommand> commands;
  for (const std::string& fidelity : fidelities) {
    std::vector<std::string> arguments{
        "run", run.scenario, "--fidelity", fidelity, "--out", run.folder + "/" + fidelity, "--quiet"};
    for (const std::string& set : run.sets) arguments.insert(arguments.end(), {"--set", set});
    arguments.insert(arguments.end(), run.options.begin(), run.options.end());
    commands.push_back({arguments});
  }
  study::ChildOptions options;
  options.program = kSelf;
  options.interrupted = interrupted;
  const std::vector<study::ChildOutcome> outcomes = study::run_children(commands, options);
  std::vector<nlohmann::json> metrics;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].end == study::ChildOutcome::End::Interrupted) return ExitCode::Interrupted;
    const std::string failure = study::failure_text(outcomes[i]);
    if (!failure.empty()) throw ConfigError(fmt::format("fidelity {}: {}", fidelities[i], failure));
    metrics.push_back(metrics_in(run.folder + "/" + fidelities[i] + "/results.json"));
  }
  std::cout << fidelity_table(fidelities, metrics);
  std::cout << fmt::format("  in brackets the difference to {}; files in {}\n", fidelities.back(),
                           run.folder);
  return ExitCode::Done;
}

}  // namespace podsim::app
