// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The run without faults that a run with faults is measured against.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <string>

#include "pod/fault_run.h"
#include "podsim/base/error.h"
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

// The figure as text, "error: ..." for what went wrong, nothing when the user had enough.
std::string run_healthy(const LoadedScenario& loaded, const RunOptions& options) {
  try {
    LoadedScenario healthy = loaded;
    healthy.scenario.faults.reset();
    RunOptions quiet = options;
    quiet.progress = nullptr;
    const RunResult result = run(healthy, quiet);
    if (result.partial) return "";
    for (const stats::MetricDef* metric : {&kAllToAllLatency, &kLayerLatency, &kCollectiveLatency,
                                           &kAllToAllBound, &kBoundLayer, &kCollectiveBound}) {
      if (const auto found = result.metrics.find(metric->name)) return fmt::format("{}", *found);
    }
    return "";
  } catch (const std::exception& error) {
    return std::string("error: ") + error.what();
  }
}

void write_all(int end, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(end, text.data() + written, text.size() - written);
    if (count <= 0) return;
    written += static_cast<std::size_t>(count);
  }
}

std::string read_all(int end) {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(end, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

}  // namespace

std::optional<double> time_without_faults(const LoadedScenario& loaded, const RunOptions& options) {
  if (!loaded.scenario.faults || !loaded.scenario.faults->compare) return std::nullopt;
  if (options.progress) options.progress({"the run without faults", 0.0, Picoseconds(), 0});
  int ends[2];
  PODSIM_CHECK(pipe(ends) == 0, "no pipe to the run without faults");
  const pid_t child = fork();
  PODSIM_CHECK(child >= 0, "no process for the run without faults");
  if (child == 0) {
    close(ends[0]);
    write_all(ends[1], run_healthy(loaded, options));
    _exit(0);
  }
  close(ends[1]);
  const std::string text = read_all(ends[0]);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (text.compare(0, 7, "error: ") == 0)
    throw ConfigError("without its faults the scenario fails: " + text.substr(7));
  if (text.empty()) return std::nullopt;
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace podsim::pod
