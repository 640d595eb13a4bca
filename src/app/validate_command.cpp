// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "podsim/app/command.h"
#include "podsim/app/interrupt.h"
#include "podsim/app/progress.h"
#include "podsim/base/error.h"
#include "podsim/config/paths.h"
#include "podsim/stats/file.h"
#include "podsim/study/report.h"
#include "podsim/study/validate.h"

namespace podsim::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  podsim validate tests/validation/kernels_a2.json
  podsim validate tests/validation/*.json --junit validation.xml --markdown validation.md -j 4
  podsim validate tests/validation/*.json --filter matmul
  podsim validate tests/validation/*.json --markdown docs/validation.md --notes docs/validation_notes.md

CASES is a file, or the name of one in tests/validation. Every run that the cases need is a process of its own; cases
of the same run share it. A case is a figure with what was measured and the relative error that is still right;
docs/configuration.md explains every key. Exit code 1: a case misses without a written reason, or has no figure.)";

constexpr const char* kSelf = "/proc/self/exe";  // of the child too: it is podsim before it is podsim again

struct ValidateOptions {
  std::vector<std::string> cases;
  std::string filter;
  std::string junit;  // files; empty: none
  std::string markdown;
  std::string notes;         // for the end of the page
  std::size_t parallel = 0;  // 0: as many as there are processors
  bool quiet = false;
};

// A file that is asked for, opened before the runs so that none of them is lost to a typing error.
class ReportFile {
 public:
  explicit ReportFile(const std::string& path) {
    if (!path.empty()) file_.emplace(path);
  }
  void write(const std::string& text) {
    if (!file_) return;
    file_->stream() << text;
    file_->commit();
  }
  bool asked() const { return file_.has_value(); }

 private:
  std::optional<stats::AtomicFile> file_;
};

study::Validation run_with_progress(const study::Plan& plan, const ValidateOptions& options) {
  const InterruptGuard guard;
  Progress bar(std::cerr, !options.quiet && stderr_is_terminal());
  const std::size_t total = plan.executions.size();
  study::ChildOptions children;
  children.program = kSelf;
  children.parallel = options.parallel;
  if (children.parallel == 0) children.parallel = std::max(1U, std::thread::hardware_concurrency());
  children.interrupted = interrupted;
  children.progress = [&](std::size_t done, std::size_t running) {
    bar.update(fmt::format("{} of {} runs, {}", done, total, plan.executions[running].name),
               static_cast<double>(done) / static_cast<double>(total), Picoseconds());
  };
  return study::validate(plan, children);
}

ExitCode validate(const ValidateOptions& options) {
  std::vector<std::string> paths;
  for (const std::string& name : options.cases) paths.push_back(find_input(name, "tests/validation"));
  const study::Plan plan = study::make_plan(study::load_cases(paths), options.filter);
  const std::string notes =
      options.notes.empty() ? "" : config::read_whole_file(options.notes, options.notes);
  ReportFile junit(options.junit);
  ReportFile markdown(options.markdown);
  const study::Validation validation = run_with_progress(plan, options);
  if (!options.quiet) std::cout << study::console_report(validation.results);
  if (junit.asked()) junit.write(study::junit_report(validation.results));
  if (markdown.asked()) markdown.write(study::markdown_report(validation.results, notes));
  if (validation.interrupted) {
    std::cerr << "podsim: interrupted; runs that had not ended count as failed\n";
    return ExitCode::Interrupted;
  }
  return study::all_hold(validation.results) ? ExitCode::Done : ExitCode::CheckFailed;
}

}  // namespace

void add_validate_command(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command = parent.add_subcommand("validate", "compare podsim with what was measured");
  command->add_option("CASES", options->cases, "cases files, or their names in tests/validation")->required();
  command->add_option("--junit", options->junit, "write JUnit XML for a build server")->type_name("FILE");
  command->add_option("--markdown", options->markdown, "write the tables as a page")->type_name("FILE");
  command->add_option("--notes", options->notes, "end the page with this text")->type_name("FILE");
  command->add_option("-j", options->parallel, "runs at a time; default as many as there are processors")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command->add_option("--filter", options->filter, "only cases with this text in their id or family")
      ->type_name("TEXT");
  add_quiet_option(*command, options->quiet);
  command->footer(kFooter);
  on_chosen(*command, result, [options] { return validate(*options); });
}

}  // namespace podsim::app
