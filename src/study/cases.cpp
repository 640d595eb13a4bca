// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/cases.h"

#include <fmt/format.h>

#include <filesystem>

#include "podsim/base/error.h"
#include "podsim/config/suggest.h"
#include "podsim/config/verbs.h"

namespace podsim::study {
namespace {

// Collects findings, a line each.
class Findings {
 public:
  void add(const std::string& text) { text_ += (text_.empty() ? "" : "\n") + text; }
  void throw_if_any() const {
    if (!text_.empty()) throw ConfigError(text_);
  }

 private:
  std::string text_;
};

// Where a case stands: its file and its place there.
std::string place_of(const NamedCaseFile& from, std::size_t index) {
  return fmt::format("{}: /cases/{} \"{}\"", from.name, index, from.file.cases[index].id);
}

using Places = std::map<std::string, std::string>;  // of every id

Places places_of(const std::vector<NamedCaseFile>& files, Findings& findings) {
  Places places;
  for (const NamedCaseFile& from : files) {
    for (std::size_t i = 0; i < from.file.cases.size(); ++i) {
      const auto [first, is_new] = places.emplace(from.file.cases[i].id, place_of(from, i));
      if (!is_new)
        findings.add(fmt::format("{}: the id is there twice, first at {}", place_of(from, i), first->second));
    }
  }
  return places;
}

std::vector<std::string> ids_of(const std::vector<NamedCaseFile>& files) {
  std::vector<std::string> ids;
  for (const NamedCaseFile& from : files)
    for (const Case& one : from.file.cases)
      if (!one.gain) ids.push_back(one.id);
  return ids;
}

const Case* find_case(const std::vector<NamedCaseFile>& files, const std::string& id) {
  for (const NamedCaseFile& from : files)
    for (const Case& one : from.file.cases)
      if (one.id == id) return &one;
  return nullptr;
}

void check_gain(const std::vector<NamedCaseFile>& files, const std::string& place, const Gain& gain,
                Findings& findings) {
  const Case* ends[] = {find_case(files, gain.before), find_case(files, gain.after)};
  const std::string* names[] = {&gain.before, &gain.after};
  for (std::size_t i = 0; i < 2; ++i) {
    if (ends[i] == nullptr)
      findings.add(fmt::format("{}: gain of unknown case \"{}\"; {}", place, *names[i],
                               config::known_names(*names[i], ids_of(files))));
    else if (ends[i]->gain)
      findings.add(fmt::format("{}: gain of \"{}\", which is a gain itself", place, *names[i]));
  }
  if (ends[0] == nullptr || ends[1] == nullptr || ends[0]->gain || ends[1]->gain) return;
  if (ends[0]->metric != ends[1]->metric)
    findings.add(fmt::format("{}: gain from {} to {}, expected the same metric", place, ends[0]->metric,
                             ends[1]->metric));
}

}  // namespace

void ScenarioRun::describe(config::Fields& f) {
  f.required("scenario", scenario, "the scenario file");
  f.value_or("set", set, {}, "keys of its configuration that are different: JSON pointer and value");
}

void KernelRun::describe(config::Fields& f) {
  f.required("name", name, "an operator of `podsim kernel list`").non_empty();
  f.required("chip", chip, "a die: a file, or the name of one in configs/dies").non_empty();
  f.value_or("shape", shape, {}, "sizes by the operator's names");
  f.value_or("dtype", dtype, "", "type of the elements; empty: the operator's default");
  f.value_or("options", options, {}, "tiling and switches by the operator's names");
  f.optional("cores", cores, "logical cores; without it all that help").at_least(1);
  f.value_or(
      "l2", l2, "empty",
      "what the L2 holds at the launch: nothing (empty), other data (clean, or dirty: yet to be written "
      "out), or what the same launch left before (warm)");
  f.check(l2 == "empty" || l2 == "clean" || l2 == "dirty" || l2 == "warm",
          "l2 is \"{}\", expected empty, clean, dirty or warm", l2);
  f.value_or("set", set, {}, "keys of the die's configuration that are different: JSON pointer and value");
}

void Gain::describe(config::Fields& f) {
  f.required("before", before, "id of the case before the step").non_empty();
  f.required("after", after, "id of the case after it").non_empty();
  f.check(before != after, "before and after are the same case, expected two");
}

void Case::describe(config::Fields& f) {
  f.required("id", id, "name of the case, nowhere used twice").non_empty();
  f.value_or("family", family, "", "cases whose errors are averaged together; empty: the file's name");
  f.optional("run", run, "the case is a scenario");
  f.optional("kernel", kernel, "the case is an operator on one die");
  f.optional("gain", gain, "the case is the ratio of two others: value of `before` over value of `after`");
  f.value_or("metric", metric, "",
             "of a run: a name under `metrics` of results.json; of a kernel: a key of its JSON, "
             "`memory.l2_hit_rate` for one inside an object");
  f.optional("expected", expected, "what was measured").positive();
  f.value_or("unit", unit, "", "unit of `expected`, which must be the metric's");
  f.optional(
       "tolerance", tolerance,
       "relative error that is still right, 0.1 for a tenth; without it the case is shown and not judged")
      .positive();
  f.value_or("calibrated", calibrated, false, "whether a constant was chosen with this figure");
  f.value_or("also", also, {}, "further measured figures of the same run, by metric: shown and not judged");
  f.optional("busiest_pipe", busiest_pipe, "the pipe that was measured busiest");
  f.value_or("conditions", conditions, "", "what was measured, in a few words");
  f.value_or("why", why, "", "reason why podsim misses; a miss with a reason does not fail");
  f.value_or("source", source, "", "who measured it");
  const int kinds = (run ? 1 : 0) + (kernel ? 1 : 0) + (gain ? 1 : 0);
  f.check(kinds == 1, "{} of the keys run, kernel and gain, expected one", kinds);
  f.check(gain || !metric.empty(), "no metric, expected one");
  f.check(gain || expected, "no expected value, expected a number");
  f.check(gain || !source.empty(), "no source, expected the publication that has the figure");
  f.check(!gain || (metric.empty() && !expected && also.empty() && !busiest_pipe),
          "a gain with metric, expected, also or busiest_pipe, expected none: its cases have them");
  f.check(kernel || !busiest_pipe, "busiest_pipe without a kernel");
  for (const auto& [name, value] : also)
    f.check(value > 0.0, "also has {} for {}, expected a number above zero", value, name);
}

void CaseFile::describe(config::Fields& f) {
  f.value_or("description", description, "", "what the cases have in common");
  f.required("cases", cases, "figures with what was measured").non_empty();
}

std::vector<Case> merge_cases(const std::vector<NamedCaseFile>& files) {
  Findings findings;
  places_of(files, findings);
  std::vector<Case> all;
  for (const NamedCaseFile& from : files) {
    for (std::size_t i = 0; i < from.file.cases.size(); ++i) {
      Case one = from.file.cases[i];
      if (one.gain) check_gain(files, place_of(from, i), *one.gain, findings);
      if (one.family.empty()) one.family = std::filesystem::path(from.name).stem().string();
      all.push_back(std::move(one));
    }
  }
  findings.throw_if_any();
  return all;
}

std::vector<Case> load_cases(const std::vector<std::string>& paths) {
  Findings findings;
  std::vector<NamedCaseFile> files;
  for (const std::string& path : paths) {
    try {
      files.push_back({path, config::load<CaseFile>(path)});
    } catch (const ConfigError& error) {
      findings.add(error.what());
    }
  }
  findings.throw_if_any();
  return merge_cases(files);
}

}  // namespace podsim::study
