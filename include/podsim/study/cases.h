// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "podsim/config/fields.h"

// What `podsim validate` compares: cases files, as data.
namespace podsim::study {

// A pipe by the name that the vendor's profiler gives its columns: aic_mac_time_us is that of aic_mac.
enum class PipeName : std::uint8_t {
  AicMac,
  AicMte1,
  AicMte2,
  AicMte3,
  AicFixpipe,
  AicScalar,
  AivVec,
  AivMte2,
  AivMte3,
  AivScalar,
};

// `podsim run SCENARIO --set POINTER=VALUE...`; metrics are those of results.json.
struct ScenarioRun {
  config::FilePath scenario;
  std::map<std::string, config::Raw> set;
  void describe(config::Fields& f);
};

// `podsim kernel NAME --chip CHIP ... --l2 STATE`; metrics are those of its JSON.
struct KernelRun {
  std::string name;
  std::string chip;
  std::map<std::string, std::int64_t> shape;
  std::string dtype;                           // empty: the operator's default
  std::map<std::string, config::Raw> options;  // tiling and switches
  std::optional<std::int64_t> cores;           // none: all that help
  std::string l2 = "empty";                    // what the L2 holds at the launch: empty, clean, dirty or warm
  std::map<std::string, config::Raw> set;      // on the die's configuration
  void describe(config::Fields& f);
};

// How many times less one case's metric is than another's: value(before) / value(after), such as what a step
// of an optimisation gains. What was measured is the ratio of what the two cases expect.
struct Gain {
  std::string before;  // id of a case
  std::string after;
  void describe(config::Fields& f);
};

// One figure of one run, or one gain, against what was measured.
struct Case {
  std::string id;
  std::string family;  // cases whose errors are averaged together; empty: the file's name
  std::optional<ScenarioRun> run;
  std::optional<KernelRun> kernel;
  std::optional<Gain> gain;
  std::string metric;              // of a gain: empty
  std::optional<double> expected;  // of a gain: none
  std::string unit;
  std::optional<double> tolerance;     // relative error that is still right; none: shown, not judged
  bool calibrated = false;             // the figure was used to choose a constant
  std::map<std::string, double> also;  // further measured figures of the same run, shown and not judged
  std::optional<PipeName> busiest_pipe;
  std::string conditions;
  std::string why;  // written reason for a miss
  std::string source;
  void describe(config::Fields& f);
};

struct CaseFile {
  std::string description;
  std::vector<Case> cases;
  void describe(config::Fields& f);
};

// The cases of several files in their order, with families filled in. Throws one ConfigError with all that is
// wrong in any of them: beyond what a file shows alone, ids that occur twice and gains of cases that are not
// there.
std::vector<Case> load_cases(const std::vector<std::string>& paths);

// The same for files already read; `name` is the path, for messages and for families.
struct NamedCaseFile {
  std::string name;
  CaseFile file;
};
std::vector<Case> merge_cases(const std::vector<NamedCaseFile>& files);

}  // namespace podsim::study

template <>
struct podsim::config::EnumNames<podsim::study::PipeName> {
  using Pipe = podsim::study::PipeName;
  static constexpr const char* kWhat = "pipe";
  static constexpr std::array kNames{
      std::pair{Pipe::AicMac, "aic_mac"},         std::pair{Pipe::AicMte1, "aic_mte1"},
      std::pair{Pipe::AicMte2, "aic_mte2"},       std::pair{Pipe::AicMte3, "aic_mte3"},
      std::pair{Pipe::AicFixpipe, "aic_fixpipe"}, std::pair{Pipe::AicScalar, "aic_scalar"},
      std::pair{Pipe::AivVec, "aiv_vec"},         std::pair{Pipe::AivMte2, "aiv_mte2"},
      std::pair{Pipe::AivMte3, "aiv_mte3"},       std::pair{Pipe::AivScalar, "aiv_scalar"}};
};
