// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "podsim/app/command.h"
#include "podsim/app/documents.h"
#include "podsim/stats/file.h"

namespace podsim::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  podsim docs            rewrites docs/results.md, docs/configuration.md and schemas/ below this folder
  podsim docs --check    exit 1 when one of them is not what this podsim would write)";

struct DocsOptions {
  std::string root = ".";
  bool check = false;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

ExitCode write_or_check(const DocsOptions& options) {
  ExitCode code = ExitCode::Done;
  for (const Document& document : generated_documents()) {
    const std::filesystem::path path = std::filesystem::path(options.root) / document.path;
    if (content(path) == document.text) continue;
    std::cout << fmt::format("{} {}\n", document.path, options.check ? "is stale" : "written");
    if (options.check) {
      code = ExitCode::CheckFailed;
      continue;
    }
    stats::make_folder(path.parent_path());
    stats::write_file(path, document.text);
  }
  return code;
}

}  // namespace

void add_docs_command(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<DocsOptions>();
  CLI::App* command = parent.add_subcommand("docs", "write the pages and schemas that the code declares");
  command->add_option("ROOT", options->root, "root of a source tree; default this folder");
  command->add_flag("--check", options->check, "write nothing, say what is stale");
  command->footer(kFooter);
  on_chosen(*command, result, [options] { return write_or_check(*options); });
}

}  // namespace podsim::app
