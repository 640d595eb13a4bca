// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "podsim/app/command.h"
#include "podsim/app/interrupt.h"
#include "podsim/app/progress.h"
#include "podsim/base/error.h"
#include "podsim/config/paths.h"
#include "podsim/config/suggest.h"
#include "podsim/stats/file.h"
#include "podsim/study/claim_map.h"
#include "podsim/study/claim_report.h"
#include "podsim/study/validate.h"

namespace podsim::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "configs/claims";

constexpr const char* kFooter = R"(Examples:
  podsim claims                                           every claim of configs/claims
  podsim claims v4_waves balance -j 2                     those with these texts in their ids
  podsim claims --json claims.json --junit claims.xml     for programs and build servers
  podsim claims --docs docs/claims.md                     the page, and a map of each claim beside it
  podsim claims map v4_waves.general.atlas950 --out maps  the region in which it is true: CSV and SVG

Every run is a process of its own; claims share those with the same command line. Exit code 1: a verdict, or the region in
which a claim holds, is not the one that its file records; --update records what podsim comes to now.)";

constexpr const char* kMapFooter = R"(Example:
  podsim claims map v4_waves.general.sm100 --out results/maps -j 2
writes v4_waves.general.sm100.csv and .svg.)";

constexpr const char* kSelf = "/proc/self/exe";  // of the child too: it is podsim before it is podsim again

struct ClaimsOptions {
  std::vector<std::string> ids;
  std::string file;  // empty: all of configs/claims
  std::string json;  // files; empty: none
  std::string junit;
  std::string docs;
  std::size_t parallel = 0;  // 0: as many as there are processors
  bool update = false;
  bool quiet = false;
  std::string map_id;
  std::string map_out = "results/claims";
};

// The claims files that are shipped, sorted.
std::vector<std::string> shipped_files() {
  std::vector<std::string> paths;
  std::error_code failed;
  for (const fs::path& folder : {fs::path(kFolder), config::data_root() / kFolder}) {
    for (const auto& entry : fs::directory_iterator(folder, failed))
      if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
    if (!paths.empty()) break;
  }
  if (paths.empty()) throw ConfigError(fmt::format("no claims files in {}", kFolder));
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<study::LoadedClaims> load(const ClaimsOptions& options) {
  return study::load_claims(
      options.file.empty() ? shipped_files() : std::vector<std::string>{find_input(options.file, kFolder)});
}

std::vector<std::string> ids_of(const std::vector<study::LoadedClaims>& files) {
  std::vector<std::string> ids;
  for (const study::LoadedClaims& one : files)
    for (const study::Claim& claim : one.file.claims) ids.push_back(claim.id);
  return ids;
}

// Claims with one of the texts in their ids. Throws ConfigError for a text that is in none.
std::vector<study::Claim> chosen(const std::vector<study::LoadedClaims>& files,
                                 const std::vector<std::string>& texts) {
  const std::vector<std::string> ids = ids_of(files);
  for (const std::string& text : texts)
    if (std::none_of(ids.begin(), ids.end(),
                     [&text](const std::string& id) { return id.find(text) != std::string::npos; }))
      throw ConfigError(fmt::format("no claim \"{}\"; {}", text, config::known_names(text, ids)));
  std::vector<study::Claim> claims;
  for (const study::LoadedClaims& one : files)
    for (const study::Claim& claim : one.file.claims)
      if (texts.empty() || std::any_of(texts.begin(), texts.end(), [&claim](const std::string& text) {
            return claim.id.find(text) != std::string::npos;
          }))
        claims.push_back(claim);
  return claims;
}

struct Outcome {
  std::vector<study::ClaimResult> results;
  bool interrupted = false;
};

Outcome run_with_progress(const study::ClaimPlan& plan, const ClaimsOptions& options) {
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
  const study::RanAll all = study::run_all(plan.executions, children);
  return {study::judge_claims(plan, all.ran), all.interrupted};
}

ExitCode interrupted_exit() {
  std::cerr << "podsim: interrupted; nothing was written\n";
  return ExitCode::Interrupted;
}

void write_map(const fs::path& folder, const study::ClaimResult& result) {
  stats::make_folder(folder);
  stats::write_file(folder / (result.claim.id + ".svg"), study::map_svg(result));
}

void write_docs(const fs::path& page, const std::vector<study::ClaimResult>& results) {
  const fs::path folder = page.parent_path() / page.stem();
  for (const study::ClaimResult& result : results)
    if (study::has_map(result)) write_map(folder, result);
  stats::write_file(page, study::claims_page(results, page.stem().string()));
}

void record(const std::vector<study::LoadedClaims>& files, const std::vector<study::ClaimResult>& results) {
  for (const study::LoadedClaims& one : files) {
    const std::string text = config::read_whole_file(one.path, one.path);
    const std::string updated = study::with_recorded(text, results);
    if (updated != text) stats::write_file(one.path, updated);
  }
}

ExitCode check_claims(const ClaimsOptions& options) {
  const std::vector<study::LoadedClaims> files = load(options);
  if (!options.docs.empty() && !options.ids.empty())
    throw ConfigError("--docs writes the page of all claims, expected no ID with it");
  const Outcome outcome = run_with_progress(study::make_claim_plan(chosen(files, options.ids)), options);
  if (outcome.interrupted) return interrupted_exit();
  if (!options.quiet) std::cout << study::claims_text(outcome.results);
  if (!options.json.empty()) stats::write_file(options.json, study::claims_json(outcome.results));
  if (!options.junit.empty()) stats::write_file(options.junit, study::claims_junit(outcome.results));
  if (!options.docs.empty()) write_docs(options.docs, outcome.results);
  if (!options.update)
    return study::all_as_recorded(outcome.results) ? ExitCode::Done : ExitCode::CheckFailed;
  record(files, outcome.results);
  const bool all_ran = std::all_of(outcome.results.begin(), outcome.results.end(),
                                   [](const study::ClaimResult& one) { return one.verdict.has_value(); });
  return all_ran ? ExitCode::Done : ExitCode::CheckFailed;
}

ExitCode map_claim(const ClaimsOptions& options) {
  const std::vector<study::LoadedClaims> files = load(options);
  std::vector<study::Claim> claims = chosen(files, {});
  claims.erase(std::remove_if(claims.begin(), claims.end(),
                              [&options](const study::Claim& claim) { return claim.id != options.map_id; }),
               claims.end());
  if (claims.empty())
    throw ConfigError(fmt::format("no claim \"{}\"; {}", options.map_id,
                                  config::known_names(options.map_id, ids_of(files))));
  if (claims.front().axes.size() + claims.front().map_axes.size() < 2)
    throw ConfigError(fmt::format("claim \"{}\" has {} axes, a map needs two", options.map_id,
                                  claims.front().axes.size() + claims.front().map_axes.size()));
  stats::make_folder(options.map_out);
  const Outcome outcome = run_with_progress(study::make_claim_plan(claims, true), options);
  if (outcome.interrupted) return interrupted_exit();
  const study::ClaimResult& result = outcome.results.front();
  if (!study::has_map(result)) throw ConfigError(result.failure);
  write_map(options.map_out, result);
  const fs::path csv = fs::path(options.map_out) / (result.claim.id + ".csv");
  stats::write_file(csv, study::map_csv(result));
  if (!options.quiet) {
    std::cout << study::claims_text(outcome.results);
    std::cout << fmt::format("  map in {} and .svg beside it\n", csv.string());
  }
  return result.verdict ? ExitCode::Done : ExitCode::CheckFailed;
}

void add_common_options(CLI::App& command, ClaimsOptions& options) {
  command
      .add_option("--file", options.file, "a claims file, or its name in configs/claims; default all there")
      ->type_name("FILE");
  command.add_option("-j", options.parallel, "runs at a time; default as many as there are processors")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  add_quiet_option(command, options.quiet);
}

}  // namespace

void add_claims_command(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<ClaimsOptions>();
  CLI::App* command = parent.add_subcommand("claims", "test published claims, and where they are true");
  command->add_option("ID", options->ids, "only claims with one of these texts in their id");
  command->add_option("--json", options->json, "write claims and all figures as JSON")->type_name("FILE");
  command->add_option("--junit", options->junit, "write JUnit XML for a build server")->type_name("FILE");
  command->add_option("--docs", options->docs, "write the page, with maps in a folder of its name beside it")
      ->type_name("FILE");
  command->add_flag("--update", options->update, "record the verdicts in the claims files");
  add_common_options(*command, *options);
  command->footer(kFooter);
  CLI::App* map = command->add_subcommand("map", "sweep a claim's axes and draw where it is true");
  map->add_option("ID", options->map_id, "the claim")->required();
  map->add_option("--out", options->map_out, "folder of the CSV and the SVG; default results/claims")
      ->type_name("DIR");
  add_common_options(*map, *options);
  map->footer(kMapFooter);
  // One action, because the library calls back for `claims` after `map`.
  on_chosen(*command, result,
            [options, map] { return map->parsed() ? map_claim(*options) : check_claims(*options); });
}

}  // namespace podsim::app
