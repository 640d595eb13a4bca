// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "podsim/app/command.h"
#include "podsim/app/topology_report.h"
#include "podsim/base/error.h"
#include "podsim/config/document.h"
#include "podsim/stats/file.h"
#include "podsim/topology/export.h"

namespace podsim::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  podsim topology atlas950_8192
  podsim topology cloudmatrix384 --check
  podsim topology cloudmatrix384 --set /dimensions/0/planes=6 --set /dimensions/0/spines=8 --check
  podsim topology example_ragged --export dot | dot -Tsvg -o ragged.svg
  podsim topology ub_mesh_8k --export json -o ub_mesh.json && podsim topology ub_mesh.json

POD is a file, or the name of one in configs/pods. An exported JSON is a pod file itself. docs/components/topology.md
says what the figures mean and how pods are written.)";

struct TopologyOptions {
  std::string pod;
  std::vector<std::string> sets;
  std::string format;  // of the export; empty: none
  std::string output;  // of the export; empty: stdout
  std::int64_t seed = 1;
  bool check = false;
  bool json = false;
};

std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;  // Linux counts KiB
}

void export_to(const topology::Pod& pod, const TopologyOptions& options) {
  const auto format = *config::enum_from_name<topology::ExportFormat>(options.format);
  if (options.output.empty()) return export_pod(pod, format, std::cout);
  stats::AtomicFile file(options.output);
  export_pod(pod, format, file.stream());
  file.commit();
}

ExitCode run_topology(const TopologyOptions& options) {
  const bool to_stdout = !options.format.empty() && options.output.empty();
  if (to_stdout && (options.check || options.json)) {
    throw ConfigError(
        "--export to stdout goes with neither --check nor --json; write it to a file with -o FILE");
  }
  if (options.format.empty() && !options.output.empty()) throw ConfigError("-o is where --export writes to");
  TopologyView view;
  view.file = find_input(options.pod, "configs/pods");
  config::Document document = config::Document::load(view.file);
  for (const std::string& assignment : options.sets) document.apply_set(assignment);
  view.config = document.read<topology::PodConfig>();

  const auto start = std::chrono::steady_clock::now();
  const topology::Pod pod = topology::build_pod(view.config);
  view.build_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  view.peak_bytes = peak_bytes();

  if (!options.format.empty()) export_to(pod, options);
  if (to_stdout) return ExitCode::Done;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  view.report = topology::describe_pod(pod, seed);
  if (options.check) view.check = topology::check_pod(pod, seed);
  std::cout << (options.json ? topology_json(view) : topology_text(view));
  return view.check && !view.check->passed() ? ExitCode::CheckFailed : ExitCode::Done;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& known : config::EnumNames<topology::ExportFormat>::kNames)
    names.emplace_back(known.second);
  return names;
}

}  // namespace

void add_topology_command(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<TopologyOptions>();
  CLI::App* command = parent.add_subcommand("topology", "say what a pod is made of, check and export it");
  command->add_option("POD", options->pod, "a pod file, or its name in configs/pods")->required();
  add_set_option(*command, options->sets);
  command->add_flag(
      "--check", options->check,
      "check reachability, port budgets, routes and freedom from deadlock; exit 1 if one fails");
  command->add_option("--export", options->format, "write the graph instead: json, graphml or dot")
      ->check(CLI::IsMember(format_names()))
      ->type_name("FORMAT");
  command
      ->add_option("-o,--output", options->output,
                   "file that --export writes; default stdout, and then no report")
      ->type_name("FILE");
  command->add_option("--seed", options->seed, "draws the sampled pairs of pods above 1,024 NPUs; default 1")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command->add_flag("--json", options->json, "print the report as JSON");
  command->footer(kFooter);
  on_chosen(*command, result, [options] { return run_topology(*options); });
}

}  // namespace podsim::app
