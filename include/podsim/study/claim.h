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

// What `podsim claims` tests: published claims, as data (configs/claims).
namespace podsim::study {

enum class ClaimVerdict : std::uint8_t {
  Holds,
  DoesNotHold,
  HoldsWhere,      // in a part of the points that were simulated; the region says which
  CannotBeTested,  // and the claim says why
};

// Of many points: which of their figures the claim speaks of.
enum class Judged : std::uint8_t {
  Each,      // the claim is about every point
  Largest,   // "up to"
  Smallest,  // "down to"
};

// A run of podsim by its name in the claim's figure, on top of what all runs of the claim have.
struct ClaimRun {
  std::optional<config::FilePath> scenario;
  std::map<std::string, config::Raw> set;
  void describe(config::Fields& f);
};

// A figure of a configuration file. Quantities count in bytes, B/s, FLOP/s, Hz and seconds; the name of an
// element type is the bytes of one element.
struct ClaimValue {
  config::FilePath file;
  std::string key;  // JSON pointer; walks through references
  void describe(config::Fields& f);
};

// A point of an axis that is more than one value of one key.
struct ClaimStep {
  std::string label;
  std::map<std::string, config::Raw> set;
  std::map<std::string, ClaimRun> runs;  // further keys of single runs; a scenario here replaces the run's
  void describe(config::Fields& f);
};

// Along which the claim is tested: the `keys` take every one of `values`, or every one of `steps` is set.
struct ClaimAxis {
  std::string name;
  std::string symbol;             // the value's name in the figure; empty: none
  std::vector<std::string> runs;  // whose configuration it sets; empty: all
  std::vector<std::string> keys;
  std::vector<config::Raw> values;
  std::vector<ClaimStep> steps;

  std::size_t size() const { return steps.empty() ? values.size() : steps.size(); }
  std::string label(std::size_t index) const;
  // What is different at a point in the run of this name, if the axis sets it at all.
  ClaimRun change_at(std::size_t index, const std::string& run) const;
  std::optional<double> number_at(std::size_t index) const;  // none: a text
  void describe(config::Fields& f);
};

// Both ends included; one may be missing.
struct ClaimRange {
  std::optional<double> at_least;
  std::optional<double> at_most;
  void describe(config::Fields& f);
};

struct RecordedVerdict {
  ClaimVerdict verdict = ClaimVerdict::Holds;
  std::string region;
  void describe(config::Fields& f);
};

struct Claim {
  std::string id;
  std::string statement;
  std::string who;
  std::string source;
  std::string stated_conditions;
  std::string assumed_conditions;
  std::optional<config::FilePath> scenario;  // of all runs that have none
  std::map<std::string, config::Raw> set;    // in all runs
  std::map<std::string, ClaimRun> runs;
  std::map<std::string, ClaimValue> values;
  std::string figure;  // an Expression
  std::string unit;
  double rounding = 0.0;  // the step to which the claim is stated; 0: exact
  ClaimRange range;
  Judged judged = Judged::Each;
  std::vector<ClaimAxis> axes;      // the first one varies fastest
  std::vector<ClaimAxis> map_axes;  // further ones, of the map only
  std::string cannot_be_tested;
  std::string note;  // what to know about the verdict
  std::optional<RecordedVerdict> recorded;
  void describe(config::Fields& f);

  // Whether a figure is in the range once rounded as the claim is.
  bool covers(double figure_value) const;
  std::string stated_text() const;  // "1.50 to 1.73 x"
};

struct ClaimFile {
  std::string description;
  std::vector<Claim> claims;
  void describe(config::Fields& f);
};

// A claims file as it was read, so that its recorded verdicts can be written back.
struct LoadedClaims {
  std::string path;  // as found
  ClaimFile file;
};

// Throws one ConfigError with all that is wrong in any file: ids that occur twice, names in figures that
// nothing defines.
std::vector<LoadedClaims> load_claims(const std::vector<std::string>& paths);

}  // namespace podsim::study

template <>
struct podsim::config::EnumNames<podsim::study::ClaimVerdict> {
  using Verdict = podsim::study::ClaimVerdict;
  static constexpr const char* kWhat = "verdict";
  static constexpr std::array kNames{
      std::pair{Verdict::Holds, "holds"}, std::pair{Verdict::DoesNotHold, "does not hold"},
      std::pair{Verdict::HoldsWhere, "holds where"}, std::pair{Verdict::CannotBeTested, "cannot be tested"}};
};

template <>
struct podsim::config::EnumNames<podsim::study::Judged> {
  using Judged = podsim::study::Judged;
  static constexpr const char* kWhat = "way of judging";
  static constexpr std::array kNames{std::pair{Judged::Each, "each"}, std::pair{Judged::Largest, "largest"},
                                     std::pair{Judged::Smallest, "smallest"}};
};
